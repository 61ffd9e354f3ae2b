/// The id of a token in a vocabulary.
public typealias Token = Int32
