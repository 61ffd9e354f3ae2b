import TuttiTensors

/// Hands out pages for keys and values up to a fixed number of bytes, and takes them back.
struct PagePool {
    let layout: KeyValueLayout
    /// The most bytes that pages may take, those in use and those that wait for their next user.
    let capacity: Int
    /// Bytes of the pages in use.
    private(set) var usedByteCount = 0
    private(set) var usedPageCount = 0
    private var freeByteCount = 0
    /// Pages that wait, for each group.
    private var free: [[KeyValuePage]]

    init(layout: KeyValueLayout, capacity: Int) {
        self.layout = layout
        self.capacity = capacity
        free = Array(repeating: [], count: layout.groups.count)
    }

    /// A page whose contents are undefined, or nil when too many are in use.
    mutating func take(group: Int) -> KeyValuePage? {
        let byteCount = layout.pageBytes(group: group)
        guard usedByteCount + byteCount <= capacity else { return nil }
        usedByteCount += byteCount
        usedPageCount += 1
        if let page = free[group].popLast() {
            freeByteCount -= byteCount
            return page
        }
        makeRoom()
        return KeyValuePage(layout, group: group)
    }

    mutating func giveBack(_ page: KeyValuePage, group: Int) {
        let byteCount = layout.pageBytes(group: group)
        usedByteCount -= byteCount
        usedPageCount -= 1
        freeByteCount += byteCount
        free[group].append(page)
    }

    /// Lets go of waiting pages, which are of other groups, until used and waiting ones are within the capacity.
    private mutating func makeRoom() {
        for group in free.indices {
            while usedByteCount + freeByteCount > capacity, free[group].popLast() != nil {
                freeByteCount -= layout.pageBytes(group: group)
            }
        }
    }
}
