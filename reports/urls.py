"""Addresses of this room."""

from django.urls import path

from reports import api
from reports.views import bands, dashboard, figures

app_name = "reports"
urlpatterns = [
    path("", figures.home, name="home"),
    path("dashboard/", dashboard.show, name="dashboard"),
    path("month/<str:month>/", figures.month, name="month"),
    path("year/<str:year>/", figures.year, name="year"),
    path("behind/<str:figure>/", figures.behind, name="behind"),
    path("paper/", figures.make_paper, name="paper"),
    path("bands/", bands.band_sets, name="bands"),
    path("bands/new/", bands.band_set_new, name="bands_new"),
    path("bands/<slug:key>/", bands.band_set_change, name="bands_change"),
    path("bands/<slug:key>/retire/", bands.band_set_retire, name="bands_retire"),
    path("api/figures/", api.Figures.as_view(), name="api"),
]
