"""Addresses of this room."""

from django.urls import path

from reports import api
from reports.views import figures

app_name = "reports"
urlpatterns = [
    path("", figures.home, name="home"),
    path("month/<str:month>/", figures.month, name="month"),
    path("year/<str:year>/", figures.year, name="year"),
    path("behind/<str:figure>/", figures.behind, name="behind"),
    path("paper/", figures.make_paper, name="paper"),
    path("api/figures/", api.Figures.as_view(), name="api"),
]
