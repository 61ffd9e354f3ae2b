/// The name that `name` was most likely meant to be: the fewest edits away, or nil if all are far off.
package func nearestName(to name: String, among known: [String]) -> String? {
    let name = Array(name.lowercased().prefix(100))
    let distances = known.map { (name: $0, distance: editDistance(name, Array($0))) }
    guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    if best.distance <= max(2, best.name.count / 3) { return best.name }
    // A name that was cut short is many edits away and clear all the same.
    return name.count >= 3 ? known.first { $0.contains(String(name)) } : nil
}

/// The Levenshtein distance: how many characters to insert, delete or replace.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var previous = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var row = [i + 1]
        for (j, y) in b.enumerated() {
            row.append(min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, row[j] + 1))
        }
        previous = row
    }
    return previous[b.count]
}
