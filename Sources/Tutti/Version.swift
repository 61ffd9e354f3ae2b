/// The version of this library and of the program `tutti`.
public let tuttiVersion = "0.1.0"
