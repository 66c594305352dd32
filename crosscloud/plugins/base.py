"""The base of our provider plugins. How to use it:

    from crosscloud.plugins.base import Call, Provider, Resource, Secret, Values, main  # and UNKNOWN, PartialFailure …

    class Network(Resource):  # one class a type; methods are plain, blocking functions, called in threads
        replace_on = {"name", "cidr"}  # for the default diff of inputs; "*": every change replaces
        delete_before_replace = True
        def check(self, call, old, new): ...  # -> (inputs, [CheckFailure(property, reason)]); old is empty when new
        def create(self, call, inputs):  # -> (id, outputs); call.preview: change nothing, outputs may hold UNKNOWN
            call.status("creating the bridge")  # the live line; call.log("warning", …) stays; call.cancelled: Event
            return "net-1", {**inputs, "key": Secret(key)}  # encrypted; secret inputs stay so at the same path
        def read(self, call, id, inputs, outputs): ...  # -> live outputs, Read(outputs, inputs=…), or None when gone
        def update(self, call, id, old_inputs, old_outputs, new_inputs): ...  # -> outputs; previews too
        def delete(self, call, id, inputs, outputs): ...  # gone already is no error

    main(Provider("crosscloud", "0.1.0", {"crosscloud:index:Network": Network()}))

Values is a dict with ``.is_secret("path", "to")`` and ``.secret_paths``. Raise ``PluginError("what, where, what to
do")`` for a clean error; ``PartialFailure(id, outputs, [reasons])`` after the thing exists but doesn't work: its state
is kept and the next `up` updates it. Subclass Provider for ``configure``, ``check_config``, ``diff_config``,
``invoke``, ``close``. A plugin ends quietly with the engine: on SIGINT, SIGTERM, and when its parent is gone, even in
the middle of work (after ``Provider.close``). CROSSCLOUD_DEBUG=1 writes tracebacks to standard error. Only the port
goes to standard output.
"""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

from crosscloud.plugins.base_diff import Diff, diff_values
from crosscloud.plugins.base_resource import Call, CheckFailure, PartialFailure, PluginError, Provider, Read, Resource
from crosscloud.plugins.base_values import UNKNOWN, Path, Secret, Values, decode, encode, has_unknown, reveal

__all__ = [
    "UNKNOWN",
    "Call",
    "CheckFailure",
    "Diff",
    "PartialFailure",
    "Path",
    "PluginError",
    "Provider",
    "Read",
    "Resource",
    "Secret",
    "Values",
    "decode",
    "diff_values",
    "encode",
    "has_unknown",
    "main",
    "reveal",
]

#: Messages may be as large as the engine's own limit: states hold whole boot logs and manifests.
_MAX_MESSAGE = 400 * 1024 * 1024
#: Resources handled at once; the engine itself asks for fewer unless ``--parallel`` says otherwise.
_WORKERS = 64
#: Seconds between two looks at whether the engine still lives.
_PARENT_POLL = 0.5


def main(provider: Provider) -> NoReturn:
    """Serve ``provider`` to the engine whose address is the first argument, until it ends."""
    import grpc

    from crosscloud.plugins.base_proto import provider_pb2_grpc
    from crosscloud.plugins.base_servicer import Servicer

    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: _end(provider))
    engine = next((a for a in sys.argv[1:] if not a.startswith("-")), "")
    server = grpc.server(
        ThreadPoolExecutor(_WORKERS, thread_name_prefix="request"),
        options=[("grpc.max_send_message_length", _MAX_MESSAGE), ("grpc.max_receive_message_length", _MAX_MESSAGE)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with_parent, args=(parent, provider), name="parent", daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while True:
        signal.pause()


def _end_with_parent(parent: int, provider: Provider) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL)
    _end(provider)


def _end(provider: Provider) -> NoReturn:
    """Leave at once: threads in the middle of work are not waited for."""
    try:
        provider.close()
    finally:
        os._exit(0)
