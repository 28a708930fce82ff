"""Every address of the house, room by room."""

from django.urls import URLPattern, URLResolver, include, path

from config.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("", include("desk.urls")),
    path("", include("core.accounts.urls")),
    path("places/", include("core.places.urls")),
    path("jobs/", include("core.jobs.urls")),
    path("clinic/", include("clinic.urls")),
    path("mobile/", include("mobile_team.urls")),
    path("referrals/", include("referrals.urls")),
    path("pharmacy/", include("pharmacy.urls")),
    path("reports/", include("reports.urls")),
    path("", include("sync.urls")),
    path("api/sync/v1/", include("sync.api.urls")),
]
