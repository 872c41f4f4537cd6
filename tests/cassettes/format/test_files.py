"""A file is the old one or the new one, whole, and has one writer at a time."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rai_jobs_cassettes.errors import CassetteFileError
from rai_jobs_cassettes.format import locked, write_whole

OLD, NEW = b"old\n" * 1_000, b"new\n" * 2_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.yaml"
    path.write_bytes(OLD)
    return path


def beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if each != path)


def test_a_file_is_replaced_and_nothing_is_left_beside_it(path: Path) -> None:
    write_whole(path, NEW)
    assert path.read_bytes() == NEW
    assert beside(path) == []


def test_a_new_file_and_its_folders_are_made_with_the_usual_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    path = tmp_path / "a" / "b" / "x.yaml"
    write_whole(path, NEW)
    assert path.read_bytes() == NEW
    assert path.stat().st_mode == usual.stat().st_mode


def test_permissions_of_what_is_replaced_stay(path: Path) -> None:
    path.chmod(0o640)
    write_whole(path, NEW)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.yaml"
    link.parent.mkdir()
    link.symlink_to(path)
    write_whole(link, NEW)
    assert link.is_symlink()
    assert path.read_bytes() == NEW


def test_the_new_text_is_on_the_disk_before_it_takes_the_place_of_the_old(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        fsync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        assert self.read_bytes() == NEW
        assert self.parent == path.parent
        done.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    write_whole(path, NEW)
    assert done == ["file", "replace", "folder"]


def require_refused(path: Path, what: str) -> None:
    with pytest.raises(CassetteFileError, match=what):
        write_whole(path, NEW)
    assert path.read_bytes() == OLD
    assert beside(path) == []


@pytest.mark.parametrize("at", ["open", "fsync", "replace", "chmod"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_or_read_only_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, at: str, number: int
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os if at == "fsync" else Path, at, refuse)
    with pytest.raises(CassetteFileError, match=f"cannot be written: {os.strerror(number)}"):
        write_whole(path, NEW)
    monkeypatch.undo()
    assert path.read_bytes() == OLD
    assert beside(path) == []


def test_a_disk_that_fills_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    # The kernel itself refuses: no file of this process may be larger.
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from rai_jobs_cassettes.errors import CassetteFileError\n"
        "from rai_jobs_cassettes.format.files import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "path = Path(sys.argv[1])\n"
        "write_whole(path, b'old')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    write_whole(path, b'new' * 100_000)\n"
        "except CassetteFileError as error:\n"
        "    assert 'File too large' in str(error), error\n"
        "else:\n"
        "    raise SystemExit('it was written')\n"
    )
    path = tmp_path / "x.yaml"
    command = [sys.executable, "-c", script, str(path)]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - our own interpreter, our own words
    assert path.read_bytes() == b"old"
    assert beside(path) == []


def test_a_read_only_file_is_not_replaced(path: Path) -> None:
    path.chmod(0o444)
    require_refused(path, "is read-only: allow writing it")
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_path_that_cannot_be_a_file_is_refused(path: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for wrong, what in (
        (tmp_path, "is a directory: name a file"),
        (path / "below", "Not a directory"),
        (tmp_path / ("n" * 300), "File name too long"),
        (Path("a\0b"), "cannot be written"),
        (fifo, "is no plain file"),
    ):
        with pytest.raises(CassetteFileError, match=what):
            write_whole(wrong, NEW)
    fifo.unlink()
    assert beside(path) == []


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EACCES])
def test_a_file_system_that_syncs_no_folders_is_written_to(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    write_whole(path, NEW)
    assert path.read_bytes() == NEW


def test_a_folder_that_cannot_be_synced_is_told_of_though_the_file_is_in_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fail(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CassetteFileError, match="was written, and may not outlast a power failure"):
        write_whole(path, NEW)
    assert path.read_bytes() == NEW
    assert beside(path) == []


def test_who_comes_second_is_refused_at_once_and_may_write_afterwards(path: Path) -> None:
    for _ in range(2):
        with locked(path):
            for each in (path, path.parent / "." / "x.yaml"):
                with pytest.raises(CassetteFileError, match="is being written"), locked(each):
                    raise AssertionError
            write_whole(path, NEW)
        assert beside(path) == []


def test_files_have_locks_of_their_own_and_need_not_be_there(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "a.yaml"), locked(tmp_path / "new" / "b.yaml"):
        pass
    assert list((tmp_path / "new").iterdir()) == []


def test_a_lock_is_given_back_whatever_happened(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(path):
        raise ZeroDivisionError
    with locked(path):
        pass


def test_another_process_that_writes_the_file_is_refused_and_not_waited_for(path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from rai_jobs_cassettes.errors import CassetteFileError\n"
        "from rai_jobs_cassettes.format.files import locked\n"
        "try:\n"
        "    with locked(Path(sys.argv[1])):\n"
        "        print('held', flush=True)\n"
        "        sys.stdin.read()\n"
        "except CassetteFileError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    with locked(path):
        second = subprocess.run(  # noqa: S603 - our own interpreter, our own words
            command, capture_output=True, text=True, check=True, timeout=60
        )
        assert "is being written by another process" in second.stdout
    with subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CassetteFileError, match="is being written"), locked(path):
            raise AssertionError
        holder.kill()
        holder.wait()
        holder.communicate()
    with locked(path):  # nobody holds it who is dead
        pass


def test_what_a_killed_writer_left_is_swept_away_by_the_next(path: Path) -> None:
    for name in (f".{path.name}.0123456789ab.tmp", f".{path.name}.x.tmp"):
        (path.parent / name).touch()
    (path.parent / ".other.yaml.0123456789ab.tmp").touch()
    (path.parent / f"{path.name}.tmp").touch()
    with locked(path):
        assert f".{path.name}.0123456789ab.tmp" not in beside(path)
    assert beside(path) == [".other.yaml.0123456789ab.tmp", ".x.yaml.x.tmp", "x.yaml.tmp"]


def test_a_folder_where_no_lock_can_be_made_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = pytest.raises(CassetteFileError, match="no lock can be made beside it")
    with refused, locked(path / "below"):
        raise AssertionError

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CassetteFileError, match="Read-only file system"), locked(path):
        raise AssertionError
