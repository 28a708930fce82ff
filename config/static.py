"""Static files with content hashes; only our own modules have their imports rewritten."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):
    """Hash names and rewrite `import` statements under `app/` and `tablet/`.

    Django's pattern for module imports also reads comments of other packages and then misses their files,
    so it is kept to our own folders. A name changes with the names it imports, one step of a chain a pass.
    """

    max_post_process_passes = 20
    # The flag `support_js_module_import_aggregation` stays off: it would add the pattern for everybody's files.
    _ours = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("app/*.js", _ours), ("tablet/*.js", _ours))
