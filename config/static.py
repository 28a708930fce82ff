"""Static files with content hashes; only our own modules have their imports rewritten."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):
    """Hash names and rewrite `import` statements under `app/`.

    Django's pattern for module imports also reads comments of other packages and then misses their files,
    so it is kept to our own folder.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "app/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
