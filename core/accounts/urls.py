"""Addresses for logging in and for colleagues' accounts."""

from django.urls import path

from core.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
    path("language/", views.language, name="language"),
    path("users/", views.users, name="users"),
    path("users/new/", views.user, name="user_new"),
    path("users/<uuid:id>/", views.user, name="user"),
]
