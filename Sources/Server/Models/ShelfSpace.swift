/// Which models a memory budget has room for: it knows sizes and uses, not models.
package struct ShelfSpace: Sendable {
    /// A model on the shelf.
    package struct Place: Sendable, Equatable {
        package var byteCount: Int
        /// Requests that use it.
        package var leases = 0
        /// Larger means later.
        package var lastUse = 0
    }

    /// What a model would take.
    package struct Demand: Sendable, Equatable {
        /// Weights and whatever else does not depend on how many conversations are kept.
        package var fixedByteCount: Int
        /// The least and the most that its cache can do with.
        package var leastCacheByteCount = 0
        package var cacheByteCount = 0

        package init(fixedByteCount: Int, leastCacheByteCount: Int = 0, cacheByteCount: Int = 0) {
            self.fixedByteCount = fixedByteCount
            self.leastCacheByteCount = leastCacheByteCount
            self.cacheByteCount = cacheByteCount
        }

        package var leastByteCount: Int { fixedByteCount + leastCacheByteCount }
        package var byteCount: Int { fixedByteCount + cacheByteCount }
    }

    /// What can be done for a demand.
    package enum Room: Sendable, Equatable {
        /// There is room, once these are put away; the model may take `byteCount`.
        case here(evicting: [String], byteCount: Int)
        /// There will be room when requests that run have ended.
        case later
        /// The budget is less than the model takes by itself.
        case never
    }

    package let budget: Int
    package private(set) var places: [String: Place] = [:]
    private var clock = 0

    package init(budget: Int) { self.budget = budget }

    package var byteCount: Int { places.values.reduce(0) { $0 + $1.byteCount } }

    /// Looks for room, and puts away those that were unused the longest, as few as will do.
    package func room(for demand: Demand) -> Room {
        guard demand.leastByteCount <= budget else { return .never }
        var free = budget - byteCount, evicted: [String] = []
        let idle = places.filter { $0.value.leases == 0 }.sorted {
            ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key)
        }
        for (name, place) in idle where free < demand.byteCount {
            free += place.byteCount
            evicted.append(name)
        }
        guard free >= demand.leastByteCount else { return .later }
        return .here(evicting: evicted, byteCount: min(free, demand.byteCount))
    }

    package mutating func put(_ name: String, byteCount: Int) {
        places[name] = Place(byteCount: byteCount)
        touch(name)
    }

    package mutating func remove(_ name: String) { places[name] = nil }

    package mutating func take(_ name: String) {
        places[name]?.leases += 1
        touch(name)
    }

    package mutating func giveBack(_ name: String) {
        places[name]?.leases -= 1
        touch(name)
    }

    private mutating func touch(_ name: String) {
        clock += 1
        places[name]?.lastUse = clock
    }
}
