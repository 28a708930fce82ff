"""Addresses of the gazetteer."""

from django.urls import path

from core.places import views

app_name = "places"
urlpatterns = [path("villages/", views.villages, name="villages")]
