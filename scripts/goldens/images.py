"""Small pictures of every kind and what they look like; resized and straightened pictures.

    pip install pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6 safetensors tifffile
    python scripts/goldens/images.py Tests/ImagesTests/Goldens

`files/` holds the pictures, `pictures.safetensors` for each of them `[height, width, 3]`: what Pillow makes of it, upright,
in sRGB by Little CMS and over white. What Pillow does not read as it is meant (16 bits, animations' canvases, hand-made
files) is worked out here. `resized.safetensors`: `source`, and what Pillow and OpenCV make of it; a name tells the call.
"""

import io
import pathlib
import struct
import sys
import zlib

import cv2
import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps
from safetensors.numpy import save_file

folder = pathlib.Path(sys.argv[1])
(folder / "files").mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(20261129)
expected = {}


def scene(width, height, channels=3):
    """Slopes, waves, a few flat patches: smooth enough for JPEG, and no two corners alike."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [255 * x / (width - 1), 255 * y / (height - 1), 127 + 120 * np.sin(x / 3.0 + y / 5.0), 255 - 9 * (x // 3)]
    picture = np.stack(planes[:channels], -1)
    picture[2:6, 3:8] = [250, 10, 30, 255][:channels]
    picture[height - 5 : height - 2, width - 9 : width - 3] = [5, 200, 90, 0][:channels]
    return picture.clip(0, 255).round().astype(np.uint8)


def over_white(rgba):
    alpha = rgba[..., 3:4].astype(int)
    return ((rgba[..., :3].astype(int) * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


SRGB = ImageCms.createProfile("sRGB")


def by_pillow(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    if profile:
        mode = "RGB" if image.mode in ("CMYK", "L") else image.mode
        image = ImageCms.profileToProfile(image, ImageCms.getOpenProfile(io.BytesIO(profile)), SRGB, outputMode=mode)
    if image.mode in ("RGBA", "LA"):
        return over_white(np.asarray(image.convert("RGBA")))
    return np.asarray(image.convert("RGB"))


def keep(name, data, picture=None):
    (folder / "files" / name).write_bytes(data)
    expected[name] = np.ascontiguousarray(by_pillow(data) if picture is None else picture)


def saved(image, kind, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


# Profiles -----------------------------------------------------------------------------------------------------------


def s15(value):
    return struct.pack(">i", round(value * 65536))


def profile(space, tags, kind=b"mntr", pcs=b"XYZ "):
    """An ICC profile of version 2 (ICC.1:2001-04)."""
    tags = dict(tags)
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(4 + 4 + 2 + 1 + 67)
    tags[b"cprt"] = b"text" + bytes(4) + b"none\0"
    tags[b"wtpt"] = b"XYZ " + bytes(4) + s15(0.9642) + s15(1) + s15(0.8249)
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        content += bytes(-len(content) % 4)
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, kind, space, pcs)
    head += struct.pack(">6H", 2026, 11, 29, 0, 0, 0) + b"acsp" + bytes(28) + s15(0.9642) + s15(1) + s15(0.8249)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + body


def curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def colorant(x, y, z):
    return b"XYZ " + bytes(4) + s15(x) + s15(y) + s15(z)


# Display P3's primaries, and sRGB's with red and blue changed places (both adapted to D50).
P3 = profile(b"RGB ", {
    b"rXYZ": colorant(0.51512, 0.2412, -0.00105), b"gXYZ": colorant(0.29198, 0.69225, 0.04189),
    b"bXYZ": colorant(0.1571, 0.06657, 0.78407), b"rTRC": curve(2.2), b"gTRC": curve(2.2), b"bTRC": curve(2.2)})
SWAPPED = profile(b"RGB ", {
    b"rXYZ": colorant(0.14307, 0.06061, 0.7141), b"gXYZ": colorant(0.38515, 0.71687, 0.09708),
    b"bXYZ": colorant(0.43607, 0.22249, 0.01392), b"rTRC": curve(2.2), b"gTRC": curve(2.2), b"bTRC": curve(2.2)})
GREY = profile(b"GRAY", {b"kTRC": curve(1.4)})


def ink_profile():
    """Four inks, each of which darkens towards a colour of its own; two grid points a side."""
    entries = b""
    for index in range(16):
        c, m, y, k = (index >> 3) & 1, (index >> 2) & 1, (index >> 1) & 1, index & 1
        light = (96 - 30 * c - 40 * m - 8 * y) * (1 - 0.85 * k)
        a, b = (-35 * c + 65 * m - 4 * y) * (1 - k), (-45 * c - 5 * m + 85 * y) * (1 - k)
        entries += bytes([round(max(0, light) * 2.55), round(128 + a), round(128 + b)])
    ramp = bytes(range(256))
    matrix = b"".join(s15(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + entries + ramp * 3
    return profile(b"CMYK", {b"A2B0": table}, kind=b"prtr", pcs=b"Lab ")


INKS = ink_profile()

# PNG ----------------------------------------------------------------------------------------------------------------


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, bits, kind, rows, interlace=0, before=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlace))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def plain_rows(samples):
    """Rows without filters; 16 bits with the high byte first."""
    samples = samples.astype(">u2") if samples.dtype == np.uint16 else samples
    return b"".join(b"\0" + np.ascontiguousarray(row).tobytes() for row in samples)


rgb, rgba = scene(27, 18), scene(27, 18, 4)
grey = rgb[..., 2]
wide = random.integers(0, 65536, (9, 11, 3), dtype=np.uint16)
keep("rgb.png", saved(rgb, "png"))
keep("rgba.png", saved(rgba, "png"))
keep("grey.png", saved(grey, "png"))
keep("grey-alpha.png", saved(Image.fromarray(rgba[..., 1:4:2], "LA"), "png"))
keep("grey1.png", saved(Image.fromarray(grey).convert("1"), "png"))
keep("rgb16.png", png(11, 9, 16, 2, plain_rows(wide)), (wide >> 8).astype(np.uint8))
opaque16 = np.concatenate([wide, random.integers(0, 65536, (9, 11, 1), dtype=np.uint16)], -1)
keep("rgba16.png", png(11, 9, 16, 6, plain_rows(opaque16)), over_white((opaque16 >> 8).astype(np.uint8)))
keep("grey16.png", png(11, 9, 16, 0, plain_rows(wide[..., 0])), np.repeat((wide[..., :1] >> 8).astype(np.uint8), 3, 2))
colours = Image.fromarray(rgb).quantize(23)
keep("palette.png", saved(colours, "png"))
keep("palette-transparent.png", saved(colours, "png", transparency=bytes([0, 90, 255, 180])))
keep("palette2.png", saved(Image.fromarray(rgb).quantize(4), "png", bits=2))
keep("key.png", saved(rgb, "png", transparency=(250, 10, 30)))
passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
woven = b"".join(plain_rows(rgb[y::dy, x::dx]) for x, y, dx, dy in passes)
keep("interlaced.png", png(27, 18, 8, 2, woven, interlace=1))
woven = b"".join(plain_rows(rgba[y::dy, x::dx]) for x, y, dx, dy in passes)
keep("interlaced-alpha.png", png(27, 18, 8, 6, woven, interlace=1))
keep("p3.png", saved(rgb, "png", icc_profile=P3))
keep("p3-alpha.png", saved(rgba, "png", icc_profile=P3))
keep("swapped.png", saved(rgb, "png", icc_profile=SWAPPED))
keep("grey-profile.png", saved(grey, "png", icc_profile=GREY))
keep("turned.png", saved(rgb, "png", exif=(lambda e: (e.__setitem__(0x112, 6), e)[1])(Image.Exif())))
plain = saved(rgb, "png")
exif = Image.Exif()
exif[0x112] = 8
keep("turned-behind.png", plain[:-12] + chunk(b"eXIf", exif.tobytes()[6:]) + plain[-12:])
keep("gamma.png", png(27, 18, 8, 2, plain_rows(rgb), before=chunk(b"gAMA", struct.pack(">I", 100000))), rgb)

# A profile that unpacks to 40 MB of zeros.
packed = zlib.compressobj(9)
zeros = b"".join(packed.compress(bytes(1 << 20)) for _ in range(40)) + packed.flush()
bomb = chunk(b"iCCP", b"zeros\0\0" + zeros)
(folder / "files" / "packed-zeros.png").write_bytes(png(27, 18, 8, 2, plain_rows(rgb), before=bomb))

# JPEG ---------------------------------------------------------------------------------------------------------------

photo = scene(37, 26)
keep("photo.jpg", saved(photo, "jpeg", quality=90, subsampling=0))
keep("subsampled.jpg", saved(photo, "jpeg", quality=85, subsampling=2))
keep("grey.jpg", saved(photo[..., 2], "jpeg", quality=90))
keep("progressive.jpg", saved(photo, "jpeg", quality=90, progressive=True))
keep("restarts.jpg", saved(photo, "jpeg", quality=90, restart_marker_blocks=2))
for value in range(1, 9):
    exif = Image.Exif()
    exif[0x112] = value
    keep(f"orientation-{value}.jpg", saved(photo, "jpeg", quality=90, subsampling=0, exif=exif))
keep("swapped.jpg", saved(photo, "jpeg", quality=95, subsampling=0, icc_profile=SWAPPED))
inks = Image.fromarray(scene(37, 26, 4), "CMYK")
cmyk = saved(inks, "jpeg", quality=95, subsampling=0)
keep("cmyk.jpg", cmyk)
# The same samples, said to be luma and chroma: Adobe's segment ends with the transform.
place = cmyk.index(b"Adobe") + 11
keep("ycck.jpg", cmyk[:place] + b"\2" + cmyk[place + 1 :])
start = cmyk.index(b"\xff\xee")
keep("cmyk-plain.jpg", cmyk[:start] + cmyk[start + 16 :])
keep("cmyk-profile.jpg", saved(inks, "jpeg", quality=95, subsampling=0, icc_profile=INKS))

# WebP, GIF ----------------------------------------------------------------------------------------------------------

keep("lossy.webp", saved(photo, "webp", quality=80))
keep("lossless.webp", saved(rgb, "webp", lossless=True))
keep("alpha.webp", saved(rgba, "webp", lossless=True, exact=True))
keep("p3.webp", saved(rgb, "webp", lossless=True, icc_profile=P3))
keep("turned.webp", saved(rgb, "webp", lossless=True, exif=exif))
flags = [Image.fromarray(rgb), Image.fromarray(255 - rgb)]
keep("animated.webp", saved(flags[0], "webp", save_all=True, append_images=flags[1:], lossless=True), rgb)
keep("plain.gif", saved(colours, "gif", interlace=0))
keep("interlaced.gif", saved(colours, "gif", interlace=1))
keep("transparent.gif", saved(colours, "gif", transparency=5))
keep("animated.gif", saved(colours, "gif", save_all=True, append_images=[Image.fromarray(255 - rgb).quantize(16)]))
# A frame that covers a part of its canvas.
small = saved(Image.fromarray(rgb[:8, :10]).quantize(8), "gif", interlace=0)
frame = small.index(b",", 13 + 3 * 8)
partial = small[:6] + struct.pack("<HH", 16, 12) + small[10:frame] + b"," + struct.pack("<HH", 3, 2) + small[frame + 5 :]
canvas = np.full((12, 16, 3), 255, np.uint8)
canvas[2:10, 3:13] = by_pillow(small)
keep("partial.gif", partial, canvas)

# Without a palette, and with its end marked after the first of two rows.
bare = saved(colours, "gif", interlace=0)
table = 3 << (bare[10] & 7) + 1
keep("greys.gif", bare[:10] + bytes([bare[10] & 0x70]) + bare[11:13] + bare[13 + table :])
short = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x81, 0, 0) + bytes(3) + bytes([9, 8, 7]) + bytes(6)
short += b"," + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + bytes([2, 2, 0x4C, 0x0A, 0]) + b";"
keep("short.gif", short, np.array([[[9, 8, 7]] * 2, [[255] * 3] * 2], np.uint8))

# BMP ----------------------------------------------------------------------------------------------------------------


def bmp(width, height, bits, method, body, colours=b"", head=b""):
    start = 14 + 40 + len(head) + len(colours)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, method, len(body), 0, 0, len(colours) // 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + info + head + colours + body


keep("bits24.bmp", saved(rgb, "bmp"))
keep("bits32.bmp", saved(rgba, "bmp"), rgba[..., :3])
keep("bits8.bmp", saved(colours, "bmp"))
forgetful = saved(colours, "bmp")
keep("forgetful.bmp", forgetful[:10] + struct.pack("<I", 54) + forgetful[14:])
keep("bits1.bmp", saved(Image.fromarray(grey).convert("1"), "bmp"))
rows = b"".join(np.ascontiguousarray(row[:, ::-1]).tobytes() + bytes(-81 % 4) for row in rgb)
keep("from-above.bmp", bmp(27, -18, 24, 0, rows))
five = (rgb[..., 0].astype(int) >> 3 << 11 | rgb[..., 1].astype(int) >> 2 << 5 | rgb[..., 2].astype(int) >> 3)
body = b"".join(row.astype("<u2").tobytes() + bytes(-54 % 4) for row in five[::-1])
masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
exact = np.stack([five >> 11, five >> 5 & 63, five & 31], -1)
most = np.array([31, 63, 31])
keep("bits565.bmp", bmp(27, 18, 16, 3, body, head=masks), ((exact * 255 + most // 2) // most).astype(np.uint8))
# Opacity needs a head of version 4.
info = struct.pack("<IiiHHIIiiII", 108, 27, 18, 1, 32, 3, 27 * 18 * 4, 0, 0, 0, 0)
info += struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000) + b"BGRs" + bytes(108 - 40 - 20)
keep("opacity.bmp", b"BM" + struct.pack("<IHHI", 122 + 27 * 18 * 4, 0, 0, 122) + info + rgba[::-1].tobytes(), over_white(rgba))
palette = bytes([10, 20, 30, 0, 200, 100, 50, 0, 0, 255, 0, 0, 255, 255, 255, 0])
table = np.frombuffer(palette, np.uint8).reshape(4, 4)[:, 2::-1]
# 6 × 3: a run, indices as they are, a jump; what is jumped over is white.
runs = bytes([6, 1, 0, 0, 0, 3, 2, 0, 3, 0, 0, 2, 1, 0, 2, 2, 0, 0, 6, 3, 0, 1])
index = np.array([[3] * 6, [2, 0, 3, -1, 2, 2], [1] * 6])
keep("runs8.bmp", bmp(6, 3, 8, 1, runs, palette), np.where(index[..., None] < 0, 255, table[index]).astype(np.uint8))
runs = bytes([6, 0x12, 0, 0, 0, 3, 0x20, 0x30, 3, 0x11, 0, 0, 6, 0x33, 0, 1])
index = np.array([[3] * 6, [2, 0, 3, 1, 1, 1], [1, 2, 1, 2, 1, 2]])
keep("runs4.bmp", bmp(6, 3, 4, 2, runs, palette), table[index])
old = b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + 12 + 6) + struct.pack("<IHHHH", 12, 5, 2, 1, 1)
old += bytes([0, 0, 200, 30, 60, 90]) + bytes([0b10110000, 0, 0, 0, 0b01001000, 0, 0, 0])
table = np.array([[200, 0, 0], [90, 60, 30]], np.uint8)
keep("os2.bmp", old, table[np.array([[0, 1, 0, 0, 1], [1, 0, 1, 1, 0]])])

# TIFF ---------------------------------------------------------------------------------------------------------------


def tiff(array, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, array, metadata=None, software=None, **options)
    return out.getvalue()


keep("plain.tif", saved(rgb, "tiff"))
keep("lzw.tif", saved(rgb, "tiff", compression="tiff_lzw"))
keep("deflate.tif", saved(rgba, "tiff", compression="tiff_adobe_deflate"))
keep("fax.tif", saved(Image.fromarray(grey).convert("1"), "tiff", compression="group4"))
keep("packbits.tif", saved(colours, "tiff", compression="packbits"))
keep("jpeg.tif", saved(photo, "tiff", compression="jpeg", quality=90))
keep("cmyk.tif", saved(inks, "tiff"))
keep("cmyk-profile.tif", saved(inks, "tiff", icc_profile=INKS, compression="tiff_lzw"))
keep("grey16.tif", tiff(wide[..., 0]), np.repeat((wide[..., :1] >> 8).astype(np.uint8), 3, 2))
keep("rgb16.tif", tiff(wide, photometric="rgb"), np.round(wide / 257).astype(np.uint8))
keep("tiles.tif", tiff(scene(70, 45), photometric="rgb", tile=(16, 32), compression="zlib"), scene(70, 45))
keep("planes.tif", tiff(np.moveaxis(rgb, -1, 0), photometric="rgb", planarconfig="separate"), rgb)
keep("big.tif", tiff(rgb, photometric="rgb", bigtiff=True, byteorder=">"), rgb)
keep("pages.tif", saved(rgb, "tiff", save_all=True, append_images=[Image.fromarray(photo)]))
for value in (3, 6, 7):
    keep(f"orientation-{value}.tif", saved(photo, "tiff", tiffinfo={274: value}))
keep("p3.tif", saved(rgb, "tiff", icc_profile=P3))
# Not read: numbers with a point.
(folder / "files" / "float.tif").write_bytes(tiff(rgb.astype(np.float32) / 255, photometric="rgb"))

save_file(expected, folder / "pictures.safetensors")

# Sizes --------------------------------------------------------------------------------------------------------------

source = random.integers(0, 256, (43, 61, 3), dtype=np.uint8)
source[10:30, 15:40] = scene(25, 20)
resized = {"source": source}
filters = {"nearest": 0, "box": 4, "bilinear": 2, "hamming": 5, "bicubic": 3, "lanczos": 1}
image = Image.fromarray(source)
for name, number in filters.items():
    for width, height in ((17, 13), (61, 20), (30, 43), (97, 71), (1, 1), (122, 9)):
        resized[f"{name} {width} {height}"] = np.asarray(image.resize((width, height), number))
    box = (3.25, 5.5, 40.125, 37.75)
    resized[f"{name} 24 19 box"] = np.asarray(image.resize((24, 19), number, box=box))
for name, number in (("linear", cv2.INTER_LINEAR), ("cubic", cv2.INTER_CUBIC)):
    for width, height in ((17, 13), (61, 20), (30, 43), (97, 71), (1, 1), (122, 9), (64, 64), (7, 100)):
        resized[f"{name} {width} {height}"] = cv2.resize(source, (width, height), interpolation=number)
half = cv2.resize(source[:42, :60], (30, 21), interpolation=cv2.INTER_LINEAR)
resized["half"] = half
corners = {
    "upright": ([[5, 6], [50, 6], [50, 30], [5, 30]], 45, 24),
    "leaning": ([[8, 3], [55, 9], [52, 25], [4, 19]], 47, 16),
    "corner": ([[30, 5], [56, 24], [31, 40], [6, 20]], 33, 31),
    "outside": ([[-6, -4], [70, 8], [64, 50], [2, 38]], 60, 40),
    "larger": ([[20, 10], [30, 12], [29, 18], [19, 17]], 80, 48),
}
for name, (quad, width, height) in corners.items():
    square = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    matrix = cv2.getPerspectiveTransform(np.float32(quad), square)
    resized[f"warped {name}"] = cv2.warpPerspective(
        source, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
save_file({name: np.ascontiguousarray(value) for name, value in resized.items()}, folder / "resized.safetensors")
print(len(expected), "pictures,", len(resized), "resized")
