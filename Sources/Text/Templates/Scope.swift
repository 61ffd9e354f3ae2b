/// The variables of one block, in front of those of the block around it.
final class Scope: Clearable {
    private var ids: [NameID] = []
    private var values: [Value] = []
    let parent: Scope?

    init(parent: Scope?) { self.parent = parent }

    subscript(_ id: NameID) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            // A block sets a handful of names, so a walk beats a dictionary.
            if let place = current.ids.firstIndex(of: id) { return current.values[place] }
            scope = current.parent
        }
        return nil
    }

    func set(_ id: NameID, _ value: Value) {
        if let place = ids.firstIndex(of: id) {
            values[place] = value
        } else {
            ids.append(id)
            values.append(value)
        }
    }

    func clear() {
        ids.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }
}
