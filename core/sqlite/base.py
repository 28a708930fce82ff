"""Django's SQLite backend on the engine of `sqlcipher3`."""

import sys
from typing import Any

import sqlcipher3
import sqlcipher3.dbapi2

# Django's backend imports the standard library's module by name; it must find ours instead.
sys.modules["sqlite3"] = sqlcipher3
sys.modules["sqlite3.dbapi2"] = sqlcipher3.dbapi2

from django.db.backends.sqlite3 import base, features  # noqa: E402


def keyed(key: str) -> type[sqlcipher3.Connection]:
    """Return a connection class that unlocks the file before Django's first statement touches it."""

    class Keyed(sqlcipher3.Connection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.execute("PRAGMA key = '{}'".format(key.replace("'", "''")))

    return Keyed


class DatabaseFeatures(features.DatabaseFeatures):
    """Our engine has JSON functions; asking it would cost three statements on every new connection."""

    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    """Take `OPTIONS["key"]`: empty for a plain file, else the passphrase of an encrypted one."""

    features_class = DatabaseFeatures

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if key := params.pop("key", ""):
            params["factory"] = keyed(key)
        return params
