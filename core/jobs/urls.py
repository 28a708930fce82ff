"""Addresses of long work."""

from django.urls import path

from core.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.mine, name="list"),
    path("<uuid:id>/", views.job, name="job"),
    path("<uuid:id>/stop/", views.stop, name="stop"),
    path("<uuid:id>/files/<uuid:file_id>/", views.file, name="file"),
]
