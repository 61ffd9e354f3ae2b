// `import Tutti` is all that a program needs: what the front's signatures name comes with it.
@_exported public import TuttiAudio
@_exported public import TuttiCheckpoints
@_exported public import TuttiDialogue
@_exported public import TuttiGeneration
@_exported public import TuttiImages
@_exported public import TuttiModels
@_exported public import TuttiSpeech
@_exported public import TuttiTensors
@_exported public import TuttiText
@_exported public import TuttiVision
