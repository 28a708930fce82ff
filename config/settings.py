"""Settings: one file. Without services configured it runs on SQLite and an embedded broker; see `.env.example`."""

import re
from pathlib import Path
from urllib.parse import quote

from django.core.management.utils import get_random_secret_key

from config import broker
from config.env import database_from_url, env_bool, env_int, env_list, env_str, env_url

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / env_str("VAR_DIR", "var")
VERSION = re.search(r"^## (\S+)", (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[1]  # type: ignore[index]


def _secret_key() -> str:
    """Return the configured secret, or one kept in `var/` so that a laptop needs no configuration."""
    if key := env_str("SECRET_KEY"):
        return key
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        try:
            with kept.open("x", encoding="utf-8") as file:
                file.write(get_random_secret_key() + get_random_secret_key())
            kept.chmod(0o600)
        except FileExistsError:
            pass
    return kept.read_text(encoding="utf-8")


SECRET_KEY = _secret_key()
DEBUG = env_bool("DEBUG")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "*" if not env_str("DATABASE_URL") else "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.forms",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "axes",
    "core",
    "core.accounts",
    "core.audit",
    "core.places",
    "core.jobs",
    "clinic",
    "mobile_team",
    "referrals",
    "pharmacy",
    "desk",
    "reports",
    "sync",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.accounts.middleware.ContentSecurityPolicy",
    "core.accounts.middleware.UserSessionMiddleware",
    "core.accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.accounts.middleware.RuleBrokenMiddleware",
    "reports.bands.OncePerRequest",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "core.accounts.context.house",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials", "core.templatetags.house"],
        },
    }
]
FORM_RENDERER = "core.forms.HouseRenderer"

# --- Database: SQLite tuned for one roof, PostgreSQL by DATABASE_URL -----------------------------------------------

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # NORMAL lost acknowledged commits in simulated power cuts; FULL lost none.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768;",
}
SQLITE_URL = f"sqlite:///{quote(str(VAR_DIR / 'clinic.sqlite3'))}"
DATABASES = {"default": database_from_url(env_str("DATABASE_URL") or SQLITE_URL, base=BASE_DIR)}
if password := env_str("DATABASE_PASSWORD"):
    DATABASES["default"]["PASSWORD"] = password
if DATABASES["default"]["ENGINE"] == "core.sqlite":
    DATABASES["default"] |= {"OPTIONS": SQLITE_OPTIONS | {"key": env_str("DATABASE_KEY")}, "CONN_MAX_AGE": 60}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker and cache: Redis by REDIS_URL, else the embedded one that `manage.py start` keeps ------------------------

REDIS_URL = env_str("REDIS_URL")
BROKER_PROGRAM = None if REDIS_URL else broker.program()
BROKER_SOCKET = broker.socket_in(VAR_DIR)
CELERY_BROKER_URL = REDIS_URL or (broker.url(BROKER_SOCKET) if BROKER_PROGRAM else "filesystem://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 1800
# A message is given out again when its worker has been silent for longer than any task may last.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 4000}
if CELERY_BROKER_URL == "filesystem://":  # no such program for this machine (Windows): slower, but it works
    _messages = str(VAR_DIR / "broker" / "messages")
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": _messages, "data_folder_out": _messages,
        "control_folder": str(VAR_DIR / "broker" / "control"), "polling_interval": 0.1,
    }  # fmt: skip
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "Asia/Phnom_Penh"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Which task does which kind of long work (core.jobs).
JOB_TASKS = {
    "audit": "desk.tasks.check_audit",
    "books": "pharmacy.tasks.prove",
    "register": "desk.tasks.import_register",
    "pairs": "desk.tasks.look_for_pairs",
    "paper": "reports.tasks.make_paper",
    "recount": "reports.tallies.tasks.recount",
    "recount_month": "reports.tallies.tasks.recount_month",
    "issue": "reports.tasks.issue_paper",
    "report": "reports.tasks.make_report",
}
JOBS_IN_PARTS = {"recount"}  # handed out as other jobs, and at work while no worker is at them

# Redis is a cache of what can be found again, never a lock or a truth: a lost broker must not take the desk down.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- People and permissions -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
SESSION_ENGINE = "core.accounts.sessions"
SESSION_COOKIE_AGE = env_int("SESSION_HOURS", 12) * 3600
SESSION_COOKIE_HTTPONLY = True
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "desk:home"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name")},
    },
]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "core.accounts.views.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# The words of broken rules, a table an app.
WORD_TABLES = [
    "clinic.words.WORDS",
    "mobile_team.words.WORDS",
    "referrals.words.WORDS",
    "pharmacy.words.WORDS",
    "desk.words.WORDS",
    "desk.register.words.WORDS",
    "reports.words.WORDS",
    "sync.words.WORDS",
]

# What the papers say of tablets that have not sent everything: `reports` and `sync` are strangers to each other.
TABLETS_TELL = "sync.selectors.not_here_yet"

# --- Security --------------------------------------------------------------------------------------------------------

# Behind TLS (a reverse proxy, or granian with a certificate) set HTTPS=1; on a bare laptop the clinic speaks HTTP.
HTTPS = env_bool("HTTPS")
BEHIND_PROXY = env_bool("BEHIND_PROXY")  # only then are X-Forwarded-Proto and X-Real-IP believed
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
AXES_CLIENT_IP_CALLABLE = "config.proxy.client_ip"
TLS_DIR = VAR_DIR / "tls"  # the centre's own certificate authority, made by `manage.py make_ca`
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# An authority of our own may be made anew: then a browser that was told to insist would let nobody in any more.
OWN_AUTHORITY = env_bool("OWN_AUTHORITY")
TABLET_ADDRESS = env_str("TABLET_ADDRESS").rstrip("/")  # as tablets reach us; empty: as the desk's browser does
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS and not OWN_AUTHORITY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "core.accounts.views.csrf_failure"
AUDIT_KEY = env_str("AUDIT_KEY") or SECRET_KEY
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
IMPORT_MAX_BYTES = env_int("IMPORT_MAX_MB", 25) * 1024 * 1024

# --- Language, time, static files -----------------------------------------------------------------------------------

LANGUAGE_CODE = "km"
LANGUAGES = [("km", "ខ្មែរ"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Phnom_Penh"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
ASSETS = VAR_DIR / "assets"  # fonts and icons made from packages at set-up
ASSETS.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static", ASSETS]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.HashedStatic"},
}
WHITENOISE_MANIFEST_STRICT = True
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.Declared"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "core.api.errors.handle",
    "UNAUTHENTICATED_USER": "core.accounts.models.Nobody",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}

# --- The centre: its name and neighbours are data; these are the words of a new database ----------------------------

CENTRE = {
    "name_km": env_str("CENTRE_NAME_KM", "មណ្ឌលសុខភាពស្រែអំបិល"),
    "name_en": env_str("CENTRE_NAME_EN", "Sre Ambel Health Care Center"),
    "department_km": env_str("CENTRE_DEPARTMENT_KM", "មន្ទីរសុខាភិបាលខេត្តកំពត"),
    "department_en": env_str("CENTRE_DEPARTMENT_EN", "Kampot Provincial Health Department"),
    "address_km": env_str("CENTRE_ADDRESS_KM", "ស្រែអំបិល ព្រះរាជាណាចក្រកម្ពុជា"),
    "address_en": env_str("CENTRE_ADDRESS_EN", "Sre Ambel, Cambodia"),
    "phone": env_str("CENTRE_PHONE", ""),
}
REFERRAL_ANSWER_DAYS = env_int("REFERRAL_ANSWER_DAYS", 30)  # after so many days an answer is long awaited

# --- The ministry's DHIS2: where the figures of a month are sent; without an address nothing ever is ---------------

DHIS2_URL = env_url("DHIS2_URL")
DHIS2_TOKEN = env_str("DHIS2_TOKEN").strip()
DHIS2_TIMEOUT = env_int("DHIS2_TIMEOUT", 60)  # seconds for one try, from the first byte to the last
