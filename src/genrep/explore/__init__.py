"""``genrep explore``: a local web page over trained models; Starlette and plain assets, offline, on the loopback."""
