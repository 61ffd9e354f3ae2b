import Foundation
import Tutti

let voice = try await SpeakingModel.load("piper-joe")
let sound = try await voice.sound(of: "The parcel has arrived. It weighs 3.5 kg.")
try Data(sound.encoded(as: .wav)).write(to: URL(filePath: CommandLine.arguments[1]))

let ear = try await HearingModel.load("moonshine-tiny")
print(try await ear.transcript(of: PCM(path: CommandLine.arguments[1])).text)
