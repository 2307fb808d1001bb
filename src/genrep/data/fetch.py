"""Fetching official files: by torchvision where it has the set, by pooch from plain links, else by instructions."""

import time
from pathlib import Path
from typing import Any, Protocol

import requests
from tqdm import tqdm

from genrep.data.catalogue import DATA, Source, SourceFile, source
from genrep.data.inventory import count
from genrep.data.raw import MIRROR, check, lacking, mirror_directory
from genrep.errors import UserError
from genrep.files import folder_for

DOWNLOADED = ("torchvision", "url")
ATTEMPTS, PAUSE = 4, 2.0  # tries of one file; seconds before the second, doubled each time
TIMEOUT = 30  # seconds without a byte
CHUNK = 2**16  # what at most is lost when a connection breaks


class NeedsHand(UserError):
    """The source cannot be downloaded by a program; ``instructions`` say how a person gets it."""

    def __init__(self, message: str, instructions: str):
        super().__init__(message)
        self.instructions = instructions


def fetch(name: str, data: Path = DATA) -> dict[str, str]:
    """Bring the files of a source to data/raw, unless they are there or in the mirror, and verify each.

    Nothing is downloaded while a mirror is set: whoever sets one expects to stay offline.

    Returns:
        By file, how it was verified.

    Raises:
        NeedsHand: the files have to be fetched by hand, and are not all there yet.
        UserError: no such source, no connection, the mirror lacks a file, or a file is not the expected one.
    """
    origin = source(name)
    missing = lacking(origin, data)
    if missing:
        if origin.access in DOWNLOADED:
            _refuse_beside_a_mirror(origin, missing)
            with folder_for(origin.raw(data)):
                {"torchvision": _with_torchvision, "url": _with_pooch}[origin.access](origin, missing, data)
        else:
            _by_hand(origin, missing, data)
    # counted first: a hash is not recorded of what cannot be right
    return {file: f"{counted}{check(origin, file, data)[1]}" for file, counted in count(origin, data)}


def _refuse_beside_a_mirror(origin: Source, missing: list[str]) -> None:
    mirror = mirror_directory()
    if mirror is not None:
        names = ", ".join(f"{origin.mirror}/{file}" for file in missing)
        raise UserError(f"the mirror {mirror} lacks {names}; copy that there, or unset {MIRROR} to download")


def _with_torchvision(origin: Source, missing: list[str], data: Path) -> None:
    from gdown.exceptions import DownloadError  # of the Google Drive that CelebA comes from

    import genrep.compat  # noqa: F401 - before torchvision

    import torchvision.datasets  # isort: skip

    try:
        getattr(torchvision.datasets, str(origin.torchvision))(data / "raw", download=True)
    except (RuntimeError, OSError, DownloadError) as error:
        reason = " ".join(str(error).split())[:400] or type(error).__name__
        message = f"{origin.name}: download failed ({reason}); try again, or set {MIRROR} to a folder that holds "
        message += f"{origin.mirror}/{missing[0]} and its siblings"
        if origin.instructions is None:
            raise UserError(message) from None
        raise NeedsHand(message, _told(origin, data)) from None


def _with_pooch(origin: Source, missing: list[str], data: Path) -> None:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    for name in missing:
        file = origin.files[name]
        known = f"sha256:{file.sha256}" if file.sha256 else f"md5:{file.md5}" if file.md5 else None
        folder = origin.raw(data)
        try:
            pooch.retrieve(
                file.url, known, fname=name, path=folder, downloader=Resuming(folder / f".{name}.part", file)
            )
        except ValueError as error:  # another hash; pooch has removed its file
            reason = str(error).split("\n")[0]
            raise UserError(
                f"{origin.name}: {file.url} gave another file than expected ({reason}); try again"
            ) from None


def _by_hand(origin: Source, missing: list[str], data: Path) -> None:
    if origin.access == "generated":
        return
    mirror = mirror_directory()
    if origin.access == "mirror":
        other = "one" if mirror is None else f"another than {mirror}, one"
        raise UserError(
            f"{origin.name} comes only from a mirror: set {MIRROR} to {other} that holds {origin.mirror}/{missing[0]}"
        )
    folder = origin.raw(data)
    folder.mkdir(parents=True, exist_ok=True)  # where the steps end
    nowhere = f"not in {folder}" if mirror is None else f"neither in {folder} nor in {mirror / str(origin.mirror)}"
    raise NeedsHand(
        f"{origin.name}: {', '.join(missing)} {nowhere} yet; follow the steps above, then run: "
        f"genrep data verify {origin.name}",
        _told(origin, data),
    )


def _told(origin: Source, data: Path) -> str:
    return str(origin.instructions).replace("{folder}", str(origin.raw(data)))


class _Stream(Protocol):
    def write(self, content: bytes, /) -> int: ...


class Resuming:
    """A downloader for pooch that goes on from what an earlier attempt has left, and tries again after a failure.

    Args:
        part: where the bytes are kept until the file is complete.
        file: what is known of it.
    """

    def __init__(self, part: Path, file: SourceFile):
        self.part, self.file = part, file

    def __call__(self, url: str, output: str | _Stream, pooch: Any, check_only: bool = False) -> None:
        """Write what ``url`` holds to ``output``.

        Raises:
            UserError: it does not answer, refuses, or sends a web page or too little.
        """
        for attempt in range(ATTEMPTS):
            try:
                self._go_on(url)
                break
            except requests.HTTPError as error:
                raise UserError(f"{error}; is the link still valid?") from None
            except (requests.RequestException, OSError) as error:
                if attempt == ATTEMPTS - 1:
                    kept = f", {self.part} goes on there" if self.part.exists() else ""
                    raise UserError(f"{url} cannot be reached ({_short(error)}); try again{kept}") from None
                time.sleep(PAUSE * 2**attempt)
        self.part.replace(str(output))

    def _go_on(self, url: str) -> None:
        self.part.parent.mkdir(parents=True, exist_ok=True)
        have = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if answer.status_code == 416:  # nothing is left to send
                return
            answer.raise_for_status()
            if "text/html" in answer.headers.get("Content-Type", ""):
                raise UserError(
                    f"{url} gave a web page (a quota, login or error page) instead of a file; open it and see"
                )
            resumed = answer.status_code == 206
            length = int(answer.headers.get("Content-Length", 0)) + (have if resumed else 0)
            bar = tqdm(
                desc=self.part.name.strip(".").removesuffix(".part"),
                total=length or self.file.bytes,
                initial=have if resumed else 0,
                unit="B",
                unit_scale=True,
                disable=None,
            )
            with bar, self.part.open("ab" if resumed else "wb") as stream:
                for chunk in answer.iter_content(CHUNK):
                    stream.write(chunk)
                    bar.update(len(chunk))
        if length and self.part.stat().st_size < length:
            raise OSError(f"only {self.part.stat().st_size} of {length} bytes came")


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or (error.args[0] if error.args else error)
    return " ".join(str(getattr(reason, "reason", reason)).split())[:200] or type(error).__name__
