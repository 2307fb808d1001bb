"""Which device and precision a run gets, on machines other than this one too."""

import pytest
import torch

from genrep.devices import claimed, device_name, has_bf16, peak_memory, resolve_precision
from genrep.errors import UserError

CUDA = torch.device("cuda", 0)


@pytest.fixture
def gpus(tmp_path, monkeypatch):
    """``gpus(count, visible)``: a machine with so many GPUs, whose lock files are the test's own."""

    def arrange(count: int, visible: str | None = None) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        if visible is None:
            monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        else:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    return arrange


@pytest.mark.parametrize(
    ("avx512", "amx", "resolved"), [(True, False, "bf16"), (False, True, "bf16"), (False, False, "fp32")]
)
def test_auto_is_bf16_where_the_processor_has_it(monkeypatch, cpu, avx512, amx, resolved):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert resolve_precision("auto", cpu) == resolved
    assert has_bf16(cpu) == (resolved == "bf16")


@pytest.mark.parametrize("hardware", [True, False])
def test_gpu_that_only_emulates_bf16_gets_fp32(monkeypatch, hardware):
    def supported(including_emulation: bool = True) -> bool:
        return including_emulation or hardware

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert resolve_precision("auto", CUDA) == ("bf16" if hardware else "fp32")


@pytest.mark.parametrize("asked", ["fp32", "bf16"])
def test_precision_that_was_asked_for_is_kept(monkeypatch, cpu, asked):
    for supported in (True, False):
        monkeypatch.setattr("genrep.devices.has_bf16", lambda device, found=supported: found)
        assert resolve_precision(asked, cpu) == asked


def refuse(device: str, said: str) -> None:
    with pytest.raises(UserError, match=said), claimed(device):
        pass


def test_cuda_without_a_gpu_is_told_what_to_do(gpus):
    gpus(0)
    refuse("cuda", "torch sees no GPU; install a CUDA build of torch or set device: cpu")


@pytest.mark.parametrize(("device", "count"), [("cpu", 0), ("cpu", 2), ("auto", 0)])
def test_cpu_is_shared(gpus, device, count):
    gpus(count)
    with claimed(device) as one, claimed(device) as other:
        assert one == other == torch.device("cpu")


def test_every_run_gets_a_gpu_of_its_own(gpus):
    gpus(2)
    with claimed("auto") as first:
        assert first == torch.device("cuda", 0)
        with claimed("cuda") as second:
            assert second == torch.device("cuda", 1)
            refuse("cuda", "all 2 GPUs are in use by other runs; lower --resources gpu")
    with claimed("cuda") as again:
        assert again == torch.device("cuda", 0)


def test_gpu_of_a_failed_run_is_free_again(gpus):
    gpus(1)
    with pytest.raises(RuntimeError), claimed("cuda"):
        raise RuntimeError
    with claimed("cuda") as again:
        assert again == torch.device("cuda", 0)


def test_gpu_is_known_by_its_name_not_by_its_place_among_the_visible(gpus):
    gpus(1, visible="3")
    with claimed("cuda"):
        gpus(2, visible="2,3")  # another process, which sees the same GPU as its second
        with claimed("cuda") as other:
            assert other == torch.device("cuda", 0)
            refuse("cuda", "all 2 GPUs are in use")


def test_memory_and_name_of_this_processor(cpu):
    before = peak_memory(cpu)
    assert before > 50e6  # bytes: torch alone takes more
    ballast = torch.ones(before, dtype=torch.uint8)
    assert peak_memory(cpu) >= len(ballast)
    assert device_name(cpu).strip()
