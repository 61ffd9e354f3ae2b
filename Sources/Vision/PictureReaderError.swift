/// Why a folder holds nothing to look at pictures with.
public enum PictureReaderError: Error, Equatable, CustomStringConvertible {
    case readsNothing(String)
    case namesNothing(String)
    case badNames(String)

    public var description: String {
        switch self {
        case .readsNothing(let folder):
            "\(folder) holds no PP-OCR: that is three .onnx files, with `_det`, `_cls` and `_rec` in their names. "
                + "`tutti pull pp-ocrv6` fetches it."
        case .namesNothing(let folder):
            "\(folder) holds no EfficientNet-lite0: that is a .pth file, and a file whose name ends in `names.json`. "
                + "`tutti pull efficientnet-lite0` fetches it."
        case .badNames(let file):
            "\(file) does not name the classes: it must map \"0\" to \"999\" to their names."
        }
    }
}
