import Foundation
import TestSupport
import Tutti

/// The decoder of the golden Idefics3 with a word for each of its 256 tokens (`w0` is every other word), and with eyes that say
/// what they are told to, or none.
struct SmallModel {
    /// Gives the rows that it was told, and takes note of nothing else.
    private struct PlainEyes: VisionEncoder, PictureProcessor {
        let rows: [Float]
        let hidden = 32

        func layout(width: Int, height: Int, detail: PictureDetail) throws -> PictureLayout {
            guard width < 100 * height else { throw VisionError.tooNarrow(width: width, height: height, limit: 100) }
            return PictureLayout(parts: [.rows(2), .text(detail == .low ? " w20 " : ""), .rows(2)])
        }

        func prepare(_ picture: Picture, detail: PictureDetail) throws -> PreparedPicture {
            // Which of the golden's pictures it is, told by its first pixel.
            PreparedPicture(values: [Float(picture.pixels[0])], shape: [1])
        }

        func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
            let tensor = step.scratch(4, hidden), first = Int(picture.values[0]) * 4 * hidden
            tensor.fill(from: Array(rows[first..<first + 4 * hidden]))
            return tensor
        }
    }

    private static let template = """
        {%- for message in messages %}{% for part in message['content'] %}\
        {% if part['type'] == 'image' %}<image>{% else %} {{ part['text'] }} {% endif %}{% endfor %}{% endfor -%}
        """

    private let scratch: ScratchFolder
    var name: String { scratch.url.lastPathComponent }

    init() throws {
        scratch = try ScratchFolder()
        let folder = goldens("ModelsTests").appending(path: "tiny/idefics3")
        for file in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(
                at: folder.appending(path: file), to: scratch.url.appending(path: file))
        }
        // `<image>` is the third.
        let words = (0..<256).map { $0 == 3 ? "\"<image>\":3" : "\"w\($0)\":\($0)" }.joined(separator: ",")
        let tokenizer = """
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":3,"content":"<image>",\
            "single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],"normalizer":null,\
            "pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,\
            "model":{"type":"WordLevel","vocab":{\(words)},"unk_token":"w0"}}
            """
        try tokenizer.write(to: scratch.url.appending(path: "tokenizer.json"), atomically: true, encoding: .utf8)
        try Self.template.write(
            to: scratch.url.appending(path: "chat_template.jinja"), atomically: true, encoding: .utf8)
    }

    /// - Parameter rows: What its eyes say: `[pictures, 4, 32]`; nil for a model without eyes.
    func model(seeing rows: [Float]?) async throws -> LanguageModel {
        var options = LoadOptions()
        options.engine.isExact = true
        options.threads = 2
        options.visionFamilies = []
        if let rows {
            options.visionFamilies = [
                VisionFamily(["idefics3"]) { _ in
                    let eyes = PlainEyes(rows: rows)
                    return Eyes(encoder: eyes, processor: eyes, placeholder: "<image>", summary: "a golden's")
                }
            ]
        }
        return try await LanguageModel.load(file: scratch.url, options: options)
    }
}
