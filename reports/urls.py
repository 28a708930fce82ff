"""Addresses of this room."""

from django.urls import path

from reports import api, views

app_name = "reports"
urlpatterns = [
    path("", views.home, name="home"),
    path("month/<str:month>/", views.month, name="month"),
    path("year/<str:year>/", views.year, name="year"),
    path("behind/<str:figure>/", views.behind, name="behind"),
    path("paper/", views.make_paper, name="paper"),
    path("api/figures/", api.Figures.as_view(), name="api"),
]
