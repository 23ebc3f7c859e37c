"""What others' code raises is theirs and told in a line; Ctrl-C stays ours."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from einfold.plugins.foreign import LONGEST, ForeignError, described, message_of, run_foreign
from einfold.tools.einfold import main
from einfold.tools.plugins import use_plugin_files


class Mute(BaseException):
    def __str__(self) -> str:
        raise Mute


def test_whatever_it_raises_is_told_in_a_line() -> None:
    assert described(ValueError("a\n  b")) == "ValueError: a b"
    assert described(GeneratorExit()) == "GeneratorExit"
    assert (described(Mute()), message_of(Mute())) == ("Mute", "")
    assert len(described(ValueError("x" * 10_000))) == LONGEST + len("ValueError: ...")


@pytest.mark.parametrize("raised", [SystemExit(3), GeneratorExit(), KeyboardInterrupt("nobody pressed it"), Mute()])
def test_nothing_that_it_raises_gets_through(raised: BaseException) -> None:
    def body() -> None:
        raise raised

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ForeignError) as caught:
        run_foreign(body)
    assert caught.value.error is raised
    assert signal.getsignal(signal.SIGINT) is before
    assert run_foreign(lambda: 3) == 3


def test_control_c_does_even_if_it_is_caught_and_something_else_raised(tmp_path: Path) -> None:
    def press() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                pass
        except KeyboardInterrupt:
            raise ValueError("no") from None

    (tmp_path / "waits.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            run_foreign(press)
        assert main(["machines", "--load-plugin", str(tmp_path / "waits.py")]) == 130
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_broken_plugin_is_named_and_breaks_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "quits.py").write_text("\nraise GeneratorExit\n")
    assert main(["machines", "--load-plugin", str(tmp_path / "quits.py")]) == 0
    told = capsys.readouterr()
    assert told.err == f"{tmp_path / 'quits.py'}:2:1: warning: plug-in is left out: GeneratorExit\n"
    assert "fusemax-cloud" in told.out


def test_what_a_pass_a_target_and_an_importer_raise_is_theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from einfold.tools.opt import main as opt

    plugin = tmp_path / "quitters.py"
    plugin.write_text(
        "from dataclasses import dataclass\nfrom xdsl.passes import ModulePass\nfrom xdsl.utils.target import Target\nfrom einfold.plugins import Importer\n"
        "@dataclass(frozen=True)\nclass P(ModulePass):\n  name = 'quits'\n  def apply(self, ctx, op): raise GeneratorExit\n"
        "@dataclass(frozen=True)\nclass T(Target):\n  name = 'quits'\n  def emit(self, ctx, module, output): raise GeneratorExit\n"
        "def read(text, name): raise GeneratorExit\nI = Importer('quits', ('.quits',), read)\n"
    )
    (tmp_path / "empty.mlir").write_text("builtin.module {\n}\n")
    (tmp_path / "empty.quits").write_text("")
    for arguments, told in (
        (["empty.mlir", "-p", "quits", "--crash-reproducer", str(tmp_path / "r.mlir")], "pass 'quits' crashed: GeneratorExit"),
        (["empty.mlir", "-t", "quits"], "target 'quits' crashed: GeneratorExit"),
        (["empty.quits"], "importer 'quits' crashed: GeneratorExit"),
    ):
        assert opt([str(tmp_path / arguments[0]), *arguments[1:], "--load-plugin", str(plugin)]) == 3
        assert told in capsys.readouterr().err
    use_plugin_files(())
    assert not any("einfold_plugin_broken" in name for name in sys.modules)
