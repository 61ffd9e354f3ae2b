"""Draws pictures with words on them, with questions whose answers stand in the words: receipts, forms, tables, windows,
charts and notes, the same ones for the same seed.

Each is drawn at one scale from a few faces of Debian's fonts-dejavu-core and fonts-liberation.
"""

import dataclasses
import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = "/usr/share/fonts/truetype/"
FACES = {"sans": "liberation/LiberationSans-Regular.ttf", "bold": "liberation/LiberationSans-Bold.ttf",
         "serif": "liberation/LiberationSerif-Regular.ttf", "mono": "liberation/LiberationMono-Regular.ttf",
         "wide": "dejavu/DejaVuSans.ttf"}
BLACK, GREY, WHITE = (20, 20, 20), (130, 130, 130), (255, 255, 255)


def font(face, size):
    return ImageFont.truetype(FONTS + FACES[face], size)


@dataclasses.dataclass
class Question:
    kind: str
    picture: Image.Image
    # What is written, laid out as a careful typist would.
    text: str
    asked: str
    # Any of these in the answer is right.
    answers: list


class Page:
    def __init__(self, width, height, ground=WHITE):
        self.image = Image.new("RGB", (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.rows = []

    def row(self, y, *cells, face="sans", size=20, colour=BLACK):
        """Cells are (x, words); they make one line of the text."""
        for x, words in cells:
            self.draw.text((x, y), words, font=font(face, size), fill=colour)
        self.rows.append(" | ".join(words for _, words in cells))

    @property
    def text(self):
        return "\n".join(self.rows)


SHOPS = ["GREEN GROCER", "CORNER STORE", "MILL BAKERY", "HARBOUR FISH", "CITY BOOKS", "PAPER & PEN"]
GOODS = ["Apples", "Oat milk", "Rye bread", "Coffee", "Bananas", "Butter", "Cheddar", "Rice", "Tomatoes", "Tea", "Honey",
         "Pencils", "Notebook", "Salmon", "Eggs", "Olive oil"]
PEOPLE = ["Margaret Ellis", "Tom Becker", "Aisha Khan", "Pedro Alvarez", "Ingrid Larsen", "Wei Zhang", "Sofia Rossi"]
STREETS = ["7 Harbour View", "14 Mill Lane", "221 Baker Street", "9 Rose Court", "58 Station Road"]
CITIES = ["Bath", "Leeds", "Dover", "York", "Truro", "Derby"]
MONTHS = ["January", "March", "May", "July", "September", "November"]


def receipt(chance):
    shop, items = chance.choice(SHOPS), chance.sample(GOODS, chance.randint(3, 7))
    prices = [chance.randint(80, 1899) for _ in items]
    page = Page(380, 210 + 30 * len(items), (252, 252, 248))
    page.row(18, (80, shop), face="bold", size=24)
    day = f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/2026"
    page.row(56, (46, f"Date {day}"), face="mono", size=16)
    money = [f"{price / 100:.2f}" for price in prices]
    for place, (name, price) in enumerate(zip(items, money)):
        page.row(96 + 30 * place, (24, name), (290, price), face="mono", size=18)
    below = 104 + 30 * len(items)
    page.draw.line((20, below, 360, below), fill=BLACK)
    total = f"{sum(prices) / 100:.2f}"
    page.row(below + 12, (24, "TOTAL"), (280, total), face="mono", size=20)
    page.row(below + 54, (90, "THANK YOU"), face="mono", size=16)
    which = chance.randrange(len(items))
    asked, answers = chance.choice([
        ("What is the total on this receipt?", [total]),
        (f"How much did the {items[which].lower()} cost?", [money[which]]),
        ("What is the name of the shop?", [shop]),
        ("What is the date on the receipt?", [day]),
    ])
    return Question("receipt", page.image, page.text, asked, answers)


def form(chance):
    fields = [("Full name", chance.choice(PEOPLE)),
              ("Date of birth", f"{chance.randint(1, 28)} {chance.choice(MONTHS)} {chance.randint(1950, 2004)}"),
              ("Street", chance.choice(STREETS)), ("City", chance.choice(CITIES)),
              ("Phone", f"0{chance.randint(100, 999)} {chance.randint(100000, 999999)}"),
              ("Member number", str(chance.randint(10000, 99999)))]
    page = Page(640, 110 + 52 * len(fields))
    page.row(20, (30, chance.choice(["Application for membership", "Library card", "Change of address"])),
             face="bold", size=26)
    for place, (name, value) in enumerate(fields):
        y = 86 + 52 * place
        page.row(y, (30, f"{name}:"), (230, value), face="sans", size=20)
        page.draw.line((225, y + 28, 600, y + 28), fill=GREY)
    name, value = chance.choice(fields)
    return Question("form", page.image, page.text, f"What is entered for \"{name}\" in this form?", [value])


def table(chance):
    columns = chance.choice([["Revenue", "Costs", "Profit"], ["Paris", "Rome", "Oslo"], ["Morning", "Noon", "Evening"]])
    names = chance.choice([["January", "February", "March", "April"], ["North", "South", "East", "West"],
                           ["Team A", "Team B", "Team C", "Team D"]])
    page = Page(680, 80 + 46 * len(names))
    page.draw.rectangle((16, 12, 664, 52), fill=(225, 230, 238))
    page.row(20, (30, "Name"), *[(210 + 160 * place, column) for place, column in enumerate(columns)], face="bold")
    cells = [[f"{chance.randint(100, 9999):,}" for _ in columns] for _ in names]
    for place, (name, values) in enumerate(zip(names, cells)):
        page.row(66 + 46 * place, (30, name), *[(210 + 160 * i, value) for i, value in enumerate(values)])
        page.draw.line((16, 56 + 46 * place, 664, 56 + 46 * place), fill=GREY)
    row, column = chance.randrange(len(names)), chance.randrange(len(columns))
    return Question("table", page.image, page.text,
                    f"In this table, what is the value of {columns[column]} for {names[row]}?", [cells[row][column]])


def window(chance):
    code, port = chance.randint(1000, 9999), chance.choice([22, 80, 443, 5432, 8080])
    address = ".".join(str(chance.randint(1, 254)) for _ in range(4))
    version = f"{chance.randint(1, 9)}.{chance.randint(0, 20)}.{chance.randint(0, 9)}"
    page = Page(720, 400, (236, 238, 241))
    page.draw.rectangle((0, 0, 719, 36), fill=(44, 62, 80))
    title = chance.choice(["Settings", "Connection", "Update", "Print queue"])
    page.row(8, (14, title), face="bold", size=18, colour=WHITE)
    page.draw.rectangle((12, 60, 707, 330), fill=WHITE, outline=GREY)
    lines = [f"Server address: {address}", f"Port: {port}", f"Installed version: {version}",
             f"Last error code: {code}", f"User: {chance.choice(PEOPLE)}"]
    chance.shuffle(lines)
    for place, line in enumerate(lines):
        page.row(80 + 44 * place, (32, line), size=19)
    page.row(352, (500, "Cancel"), (610, "OK"), size=18)
    name, value = chance.choice(lines).split(": ")
    return Question("window", page.image, page.text, f"What is the {name.lower()} shown in this window?", [value])


def chart(chance):
    names = chance.choice([["Mon", "Tue", "Wed", "Thu", "Fri"], ["Spain", "Italy", "Norway", "Poland"],
                           ["2022", "2023", "2024", "2025"]])
    values = chance.sample(range(11, 99), len(names))
    title = chance.choice(["Visitors", "Sales", "Orders", "Tickets"])
    page = Page(640, 440)
    page.row(14, (30, f"{title} by {'day' if names[0] == 'Mon' else 'group'}"), face="bold", size=24)
    step = 560 // len(names)
    for place, value in enumerate(values):
        x = 50 + step * place
        page.draw.rectangle((x, 380 - 3 * value, x + step - 40, 380), fill=(70, 130, 180))
    for place, value in enumerate(values):
        page.row(352 - 3 * value, (50 + step * place + 8, str(value)))
    page.row(392, *[(54 + step * place, name) for place, name in enumerate(names)], size=20)
    text = "\n".join([page.rows[0]] + [f"{name}: {value}" for name, value in zip(names, values)])
    asked, answers = chance.choice([
        ("What is the title of this chart?", [page.rows[0]]),
        ("What is the largest number in this chart?", [str(max(values))]),
    ])
    return Question("chart", page.image, text, asked, answers)


def note(chance):
    room, hour = chance.randint(100, 499), chance.randint(9, 17)
    lines = [f"Meeting moved to {chance.choice(['Monday', 'Thursday', 'Friday'])}", f"Room {room}, third floor",
             f"Begins at {hour}:{chance.choice(['00', '15', '30'])}", f"Call {chance.choice(PEOPLE)}: 555 {chance.randint(1000, 9999)}"]
    page = Page(560, 300, (255, 250, 205))
    for place, line in enumerate(lines):
        page.row(40 + 56 * place, (40, line), face=chance.choice(["serif", "sans", "wide"]), size=25)
    asked, answers = chance.choice([
        ("Which room is it in?", [str(room)]), ("At what time does it begin?", [lines[2].split()[-1]]),
        ("On which day is the meeting?", [lines[0].split()[-1]]), ("Which number is to be called?", [lines[3].split(": ")[1]]),
    ])
    picture = page.image
    if chance.random() < 0.5:
        picture = picture.rotate(chance.uniform(-6, 6), expand=True, fillcolor=(255, 250, 205), resample=Image.BICUBIC)
    if chance.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(0.7))
    return Question("note", picture, page.text, asked, answers)


KINDS = [receipt, form, table, window, chart, note]


def questions(count, seed=7):
    chance = random.Random(seed)
    return [KINDS[place % len(KINDS)](chance) for place in range(count)]
