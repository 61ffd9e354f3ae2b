"""PDF documents for tests, by ReportLab and pypdf: with a text layer, scanned, blank, and closed by a password.

    pip install reportlab==5.1.0 pypdf==7.1.1 pillow==13.0.0
    python scripts/goldens/make_documents.py Tests/VisionTests/Goldens/ocr Tests/TuttiTests/Goldens/documents

What is written in them is made up.
"""
import sys
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

TABLE = [("Route", "Trips", "Passengers", "Late"), ("North pier", "412", "18,230", "3.1 %"),
         ("Island <A&B>", "96", "2,411", "7.9 %"), ("Night boat", "31", "640", "0.0 %")]
COLUMNS = [("The ferries ran on every day but two.", "Repairs cost 48,200 in all, of which"),
           ("Ice closed the north pier in January", "the slipway took 31,000. The old winch"),
           ("and a strike stopped all boats in May.", "was sold in September for 2,150.")]


def page_of_tables(page):
    page.setFont("Helvetica-Bold", 16)
    page.drawString(60, 780, "Harbour Ferry Report 2026")
    page.setFont("Helvetica", 10)
    for row, cells in enumerate(TABLE):
        for x, text in zip((60, 200, 300, 420), cells):
            page.drawString(x, 740 - 16 * row, text)
    for row, cells in enumerate(COLUMNS):
        for x, text in zip((60, 320), cells):
            page.drawString(x, 660 - 13 * row, text)
    for y, name, value in ((570, "Master:", "Ingrid Solheim"), (554, "Licence number:", "FH-20731")):
        page.drawString(60, y, name)
        page.drawString(200, y, value)
    page.showPage()


def page_of_words(page):
    page.setFont("Helvetica", 11)
    page.drawString(60, 780, "The lighthouse keeper is called Tomas Brandt,")
    page.drawString(60, 765, "and the spare key hangs in the blue cupboard.")
    page.showPage()


def page_of_a_scan(page, picture, stamp):
    page.drawImage(str(picture), 60, 420, width=360, height=350)
    if stamp:
        page.drawString(280, 30, "page 4 of 4")
    page.showPage()


def document(path, *pages):
    page = canvas.Canvas(str(path), pagesize=A4, invariant=1)
    page.setTitle(path.stem)
    for draw in pages:
        draw(page)
    page.save()


def closed(source, path, **passwords):
    writer = PdfWriter(clone_from=PdfReader(source))
    writer.encrypt(algorithm="RC4-128", **passwords)
    writer.write(path)


def main(pictures, out):
    out.mkdir(parents=True, exist_ok=True)
    document(out / "report.pdf", page_of_tables, page_of_words, lambda page: page.showPage(),
             lambda page: page_of_a_scan(page, pictures / "02-receipt.png", True))
    closed(out / "report.pdf", out / "closed.pdf", user_password="open sesame")
    closed(out / "report.pdf", out / "owned.pdf", user_password="", owner_password="mine", permissions_flag=-3904)
    (out / "broken.pdf").write_bytes((out / "report.pdf").read_bytes()[:700])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
