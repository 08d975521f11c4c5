"""Voilà with the doors closed: one notebook, this machine, one token. Imported only when the page is opened."""

from __future__ import annotations

from pathlib import Path

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from tornado.web import HTTPError, RequestHandler
from traitlets.config import Config
from voila.app import Voila

from methods.run.what_if import IDLE, LOCAL_HOSTS, LOOPBACK

TEMPLATE = "what_if"
WIDGETS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]   # nothing else is loaded


class OwnKernel(KernelSpecManager):
    """The interpreter that runs us, whatever kernelspecs the user has registered."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(**get_kernel_dict(extra_arguments=["--log-level=CRITICAL"]))


class Refused(RequestHandler):
    """For every host name that is not this machine's: a foreign site may have pointed its name here."""

    def prepare(self) -> None:
        raise HTTPError(403)


class Server(Voila):
    """Voilà for one page."""

    @classmethod
    def run(cls, notebook: Path, *, port: int, token: str, browser: bool) -> None:
        """Serve the notebook until Ctrl+C or SIGTERM."""
        cls.clear_instance()
        server = cls.instance(config=settings(notebook, port, token, browser))
        server.initialize([])
        server.start()

    def init_settings(self) -> dict:
        """Voilà lets any host name in; we do not."""
        return super().init_settings() | {"allow_remote_access": False, "local_hostnames": ["localhost"]}

    def init_handlers(self) -> list:
        """All handlers, static files too, answer to the names of this machine only."""
        self.app.add_handlers(LOCAL_HOSTS, super().init_handlers())
        return [(r".*", Refused)]

    def listen(self) -> None:
        """Never but on the loopback address."""
        if self.ip != LOOPBACK:
            raise ValueError(f"Страница открывается только на {LOOPBACK}, задано {self.ip}.")
        super().listen()


def settings(notebook: Path, port: int, token: str, browser: bool) -> Config:
    """Everything that differs from what Voilà does by itself; no file of the user's settings is read."""
    return Config({
        "Voila": {"ip": LOOPBACK, "port": port, "port_retries": 0, "token": token, "open_browser": browser,
                  "notebook_path": str(notebook), "root_dir": str(notebook.parent), "config_file_paths": [],
                  "connection_dir_root": str(notebook.parents[1]), "log_level": "ERROR"},
        "VoilaConfiguration": {
            "template": TEMPLATE, "allow_template_override": "NO", "allow_theme_override": "NO", "theme": "light",
            "strip_sources": True, "show_tracebacks": False, "file_allowlist": [],
            "kernel_spec_manager_class": OwnKernel, "extension_allowlist": WIDGETS},
        "MappingKernelManager": {"cull_idle_timeout": IDLE, "cull_interval": 60},
        "KernelManager": {"transport_encryption": "auto"},
    })
