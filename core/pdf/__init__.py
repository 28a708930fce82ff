"""Make printed papers in Khmer and English: fonts, shaped text, tables, charts and codes on pages, to bytes.

Start at `core.pdf.page.Document`.
"""
