#include <tiffio.h>

// TIFFGetField takes any number of arguments, which Swift cannot pass.

/// A field of 16 bits, such as the orientation; its default where the file has none.
static inline int tutti_tiff_u16(TIFF *file, uint32_t tag, uint16_t *value) {
    return TIFFGetFieldDefaulted(file, tag, value);
}

/// A field of 32 bits, such as the width.
static inline int tutti_tiff_u32(TIFF *file, uint32_t tag, uint32_t *value) { return TIFFGetField(file, tag, value); }

/// A field that is a run of bytes, such as the colour profile; the bytes are the file's.
static inline int tutti_tiff_bytes(TIFF *file, uint32_t tag, uint32_t *count, const uint8_t **bytes) {
    return TIFFGetField(file, tag, count, (void *)bytes);
}
