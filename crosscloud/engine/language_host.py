"""``pulumi-language-python``: the small language host for machines where Pulumi's own can't be had.

The engine starts a language host to run the program and speaks gRPC with it. Pulumi's own comes with its releases and
is always preferred; this one serves an engine that was built from its Go modules, of which the language host is no
part. The program runs in this process, through the server that the Automation API uses for inline programs.
"""

import gc
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi import RunError
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2


def run_program(folder: Path) -> None:
    """Run the Pulumi program in ``folder``, which becomes the working directory and is put on ``sys.path``."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")
    except SystemExit as stop:
        if stop.code:
            raise RunError(f"the program stopped with exit status {stop.code}") from None


class LanguageHost(LanguageServer):
    """Runs the program of a project, and plugins that are Python folders (policy packs among them)."""

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Answer the engine's first call: there is nothing to agree on."""
        return language_pb2.LanguageHandshakeResponse()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run the program that the engine names, and give the engine its error, if any."""
        from pulumi.runtime import settings

        folder = Path(request.info.program_directory or request.pwd)

        def program() -> None:
            # where the stacks' files are: the program may lie elsewhere
            settings.SETTINGS.root_directory = request.info.root_directory or str(folder)
            run_program(folder)

        self.program = program
        run: Any = super().Run  # the SDK leaves it untyped
        result = run(request, context)
        # What went wrong has been shown already: the engine need not say it again.
        return language_pb2.RunResponse(bail=True) if result.error else result

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Name the version of the SDK that programs run on."""
        import pulumi

        return plugin_pb2.PluginInfo(version=getattr(pulumi, "__version__", ""))

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """List the installed distributions, for ``pulumi about``."""
        from importlib.metadata import distributions

        found = sorted({(d.metadata["Name"], d.version) for d in distributions()})
        listed = [language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        return language_pb2.GetProgramDependenciesResponse(dependencies=listed)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Accept a cancellation: the engine ends the process itself."""
        return empty_pb2.Empty()

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        """Start a plugin that is a Python folder, and stream back what it prints until it ends."""
        program = request.info.program_directory
        module = ["-u", "-m", "pulumi.policy"] if request.kind == "analyzer" else ["-u"]
        arguments = [sys.executable, *module, *request.args, program]
        if request.kind != "analyzer":
            arguments = [sys.executable, "-u", program, *request.args]
        environment = dict(entry.split("=", 1) for entry in request.env)
        process = subprocess.Popen(
            arguments, cwd=program, env=environment or None, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        context.add_callback(process.terminate)
        yield from _stream(process)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _response(stream: str, piece: bytes) -> Any:
    if stream == "stdout":
        return language_pb2.RunPluginResponse(stdout=piece)
    return language_pb2.RunPluginResponse(stderr=piece)


def _stream(process: "subprocess.Popen[bytes]") -> Iterator[Any]:
    """Yield a response for each piece that the process writes, in the order it arrives, until both streams close."""
    import selectors

    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "stdout")  # type: ignore[arg-type]
        selector.register(process.stderr, selectors.EVENT_READ, "stderr")  # type: ignore[arg-type]
        while selector.get_map():
            for key, _ in selector.select():
                piece = os.read(key.fd, 65536)
                if piece:
                    yield _response(key.data, piece)
                else:
                    selector.unregister(key.fileobj)


def end_with(parent: int) -> None:
    """End this process when ``parent``, the engine, is gone: killed engines must leave no language host behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Serve on a free loopback port, which is printed as the engine expects, until the engine ends this process."""
    # The engine ends its plugins by SIGINT and kills those that are still there five seconds later. A terminal's Ctrl-C
    # does not come here: the engine keeps its plugins in process groups of their own.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    end_with(os.getppid())
    # A program lives for seconds, and most of what it makes are its SDKs' classes: looking for garbage only takes time.
    gc.disable()
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(lambda: None), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
