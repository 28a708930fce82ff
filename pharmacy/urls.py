"""Addresses of this room."""

from django.urls import path

from pharmacy.views import dispensing, donations, purchases, stock

app_name = "pharmacy"
urlpatterns = [
    path("", stock.stock, name="stock"),
    path("medicines/", stock.medicines, name="medicines"),
    path("prescribable/", stock.prescribable, name="prescribable"),
    path("medicines/<int:id>/", stock.medicine, name="medicine"),
    path("medicines/<int:id>/reorder/", stock.reorder, name="reorder"),
    path("receive/", stock.receive, name="receive"),
    path("batches/<uuid:id>/transfer/", stock.move, {"deed": "transfer"}, name="transfer"),
    path("batches/<uuid:id>/write-off/", stock.move, {"deed": "write-off"}, name="write_off"),
    path("batches/<uuid:id>/count/", stock.move, {"deed": "count"}, name="count"),
    path("moves/<uuid:id>/reverse/", stock.reverse, name="reverse"),
    path("patients/<uuid:id>/dispense/", dispensing.dispense, name="dispense"),
    path("proposal/", dispensing.proposal, name="proposal"),
    path("donate/", donations.donate, name="donate"),
    path("donations/", donations.donations, name="donations"),
    path("donations/<uuid:id>/", donations.donation, name="donation"),
    path("donations/<uuid:id>/receipt.pdf", donations.receipt, name="receipt"),
    path("donations/<uuid:id>/void/", donations.void, name="donation_void"),
    path("purchases/", purchases.purchases, name="purchases"),
    path("purchases/new/", purchases.purchase_new, name="purchase_new"),
    path("purchases/<uuid:id>/", purchases.purchase, name="purchase"),
    path("purchases/<uuid:id>/void/", purchases.void, name="purchase_void"),
    path("fund/", donations.fund, name="fund"),
]
