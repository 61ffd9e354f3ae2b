import ArgumentParser
import Foundation
import Tutti

struct See: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what is written in pictures, and what they show.",
        discussion: """
            Reads PNG, JPEG, WebP, GIF, BMP and TIFF, and with the program pdftoppm the pages of PDF files. `-` is standard \
            input. It reads what is written and gives names of things; it does not describe scenes.

            Examples:
              tutti see receipt.jpg
              tutti see --json form.png >form.json
              tutti see --draw found.png screenshot.png
            """)

    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("What looks: a name of the catalog or a folder (default: pp-ocrv6).", valueName: "model"))
    var model = SeeingModel.textReaderName

    @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute on (default: every core).", valueName: "n"))
    var threads: Int?

    @Flag(help: "Write one JSON document for each picture, a line each: lines with their corners, names.")
    var json = false

    @Option(help: ArgumentHelp("Write the picture with what was found framed, as PNG.", valueName: "file"))
    var draw: String?

    @Argument(help: "Pictures; `-`: standard input.")
    var pictures: [String]

    func validate() throws {
        if let threads { try require(threads, "--threads", in: 1...256) }
        if draw != nil, pictures.count != 1 { throw ValidationError("--draw takes one picture.") }
    }

    func run() async throws {
        let eyes = try await SeeingModel.load(model, threads: threads)
        for file in pictures {
            for (name, picture) in try Input.pictures(file) {
                let seen = try await Interruption.cancels { try await eyes.look(at: picture, urgency: .batch) }
                try write(seen, name, isAlone: pictures.count == 1)
                if let draw { try drawing(of: seen, on: picture, draw) }
            }
        }
    }

    private func write(_ seen: Perception, _ name: String, isAlone: Bool) throws {
        if json { return try Output.line(seen.json(name)) }
        if !isAlone { try Output.line("\(name):") }
        try Output.line(seen.text())
    }

    private func drawing(of seen: Perception, on picture: Picture, _ file: String) throws {
        let frames = seen.lines.map { line in
            let corners = line.place.corners
            return (corners + corners.prefix(1)).map { PicturePoint(x: Double($0.x), y: Double($0.y)) }
        }
        let drawn = picture.drawing(
            polylines: frames, colour: Picture.Colour(red: 220, green: 30, blue: 30), width: 2)
        do {
            try Data(drawn.png()).write(to: URL(filePath: file), options: .atomic)
        } catch let error as PictureError {
            throw error
        } catch {
            throw Failure("cannot write \(file): \(error.localizedDescription)")
        }
    }
}

extension Perception {
    fileprivate func json(_ name: String) -> JSON {
        [
            "file": .string(name), "width": JSON(width), "height": JSON(height),
            "text": .string(layout.text().text),
            "lines": .array(
                lines.map { line in
                    [
                        "text": .string(line.text), "confidence": .number(Double(line.confidence)),
                        "corners": .array(
                            line.place.corners.map { [.number(Double($0.x)), .number(Double($0.y))] }),
                    ]
                }),
            "names": .array(
                labels.worthSaying.filter { names.contains($0.name) }.map {
                    ["name": .string($0.name), "confidence": .number(Double($0.confidence))]
                }),
        ]
    }
}
