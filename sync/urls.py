"""Addresses of this room's pages: /tablet/ is the app, /tablets/ the pages of the desk about it."""

from django.urls import URLPattern, path

from sync.views import certificate, devices, inbox, tablet

app_name = "sync"
urlpatterns: list[URLPattern] = [
    path("tablet/", tablet.shell, name="app"),
    path("tablet/sw.js", tablet.worker, name="sw"),
    path("tablet/manifest.webmanifest", tablet.manifest, name="manifest"),
    path("tablet/words/<slug:language>.json", tablet.words, name="words"),
    path("tablets/", devices.devices, name="devices"),
    path("tablets/enrol/", devices.enrol, name="enrol"),
    path("tablets/enrol/<int:id>/", devices.invitation, name="invitation"),
    path("tablets/certificate/", certificate.certificate, name="certificate"),
    path("tablets/certificate/<slug:kind>/", certificate.download, name="certificate_file"),
    path("tablets/inbox/", inbox.inbox, name="inbox"),
    path("tablets/inbox/decided/", inbox.decided, name="decided"),
    path("tablets/inbox/tiles/", inbox.tiles, name="tiles"),
    path("tablets/inbox/field/<int:id>/", inbox.disagreement, name="disagreement"),
    path("tablets/inbox/ticket/<int:id>/", inbox.ticket, name="ticket"),
    path("tablets/inbox/ticket/<int:id>/correct/", inbox.correct, name="ticket_correct"),
    path("tablets/inbox/ticket/<int:id>/again/", inbox.again, name="ticket_again"),
    path("tablets/inbox/ticket/<int:id>/aside/", inbox.set_aside, name="ticket_set_aside"),
    path("tablets/of/<uuid:id>/", inbox.of_patient, name="of_patient"),
    path("tablets/<uuid:id>/", devices.device, name="device"),
    path("tablets/<uuid:id>/enrol/", devices.enrol, name="enrol_again"),
    path("tablets/<uuid:id>/lend/", devices.lend, name="lend"),
    path("tablets/<uuid:id>/take-back/", devices.take_back, name="take_back"),
    path("tablets/<uuid:id>/revoke/", devices.revoke, name="revoke"),
    path("tablets/<uuid:id>/restore/", devices.restore, name="restore"),
]
