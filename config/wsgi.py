"""The WSGI door that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded by now stays for ever, and requests make much that dies at once: look less often for circles in it.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
