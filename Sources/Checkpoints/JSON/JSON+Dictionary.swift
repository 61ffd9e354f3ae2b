import OrderedCollections

extension JSON {
    /// An object's members by name, without their order; nil where this is no object. Of keys that are canonically
    /// equivalent and differ in their bytes, the last one counts.
    public var members: [String: JSON]? {
        guard case .object(let object) = self else { return nil }
        return Dictionary(object.map { ($0.key.text, $0.value) }) { $1 }
    }
}
