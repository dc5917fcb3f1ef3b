"""What a Jupyter server does for the course: messages leave at once, and pictures stay, with their descriptions."""

import os
from typing import Any

from coursekit.live.saving import before_saving


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    _describe_exported_pictures(app.web_app.settings)
    _keep_saved_pictures(app)
    _send_at_once(app)


def _describe_exported_pictures(settings: dict[str, Any]) -> None:
    """Let *Save and Export Notebook As > HTML* use `coursekit.live.export`."""
    if "config" in settings:
        settings["config"].HTMLExporter.preprocessors.append("coursekit.live.export.DescribePictures")


def _keep_saved_pictures(app: Any) -> None:
    """Let whatever saves notebooks ask `coursekit.live.saving` first, beside a hook of the user's own."""
    register = getattr(getattr(app, "contents_manager", None), "register_pre_save_hook", None)
    if register is None:
        app.log.warning("coursekit: this server has no hook for saving, so figures need to be run again each day.")
    else:
        register(before_saving)


def _send_at_once(app: Any) -> None:
    """Put a connection class with TCP_NODELAY in the place of the server's own (a gateway's, for instance).

    Jupyter's server leaves Nagle's algorithm on: a small message waits until the browser has acknowledged the one
    before, which adds 20 to 40 ms to every move of a slider. ``COURSEKIT_NODELAY=0`` leaves the server as it is.
    """
    if os.environ.get("COURSEKIT_NODELAY") == "0":
        app.log.info("coursekit: COURSEKIT_NODELAY=0, kernel websockets stay as they are.")
        return
    stock = app.web_app.settings.get("kernel_websocket_connection_class")
    if not callable(getattr(stock, "connect", None)):
        app.log.warning("coursekit: no kernel websocket class found in this server, so live figures answer later.")
        return
    app.web_app.settings["kernel_websocket_connection_class"] = _without_delay(stock)


def _without_delay(stock: Any) -> Any:
    class NoDelayConnection(stock):  # type: ignore[misc]
        """The server's own kernel connection, with TCP_NODELAY set before the first message."""

        def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return NoDelayConnection
