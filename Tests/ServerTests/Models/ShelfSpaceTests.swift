import Testing
import TuttiServer

/// A budget of 100; models of 40.
@Suite struct ShelfSpaceTests {
    private func space(_ names: String...) -> ShelfSpace {
        var space = ShelfSpace(budget: 100)
        for name in names { space.put(name, byteCount: 40) }
        return space
    }

    @Test func takesWhatThereIsRoomFor() {
        #expect(space("a").room(for: .init(fixedByteCount: 40)) == .here(evicting: [], byteCount: 40))
    }

    @Test func whatWasUnusedTheLongestMakesRoom() {
        var space = space("a", "b")
        #expect(space.room(for: .init(fixedByteCount: 40)) == .here(evicting: ["a"], byteCount: 40))
        space.take("a")
        space.giveBack("a")
        #expect(space.room(for: .init(fixedByteCount: 40)) == .here(evicting: ["b"], byteCount: 40))
        #expect(space.room(for: .init(fixedByteCount: 90)) == .here(evicting: ["b", "a"], byteCount: 90))
    }

    @Test func whatIsInUseStays() {
        var space = space("a", "b")
        space.take("a")
        #expect(space.room(for: .init(fixedByteCount: 50)) == .here(evicting: ["b"], byteCount: 50))
        #expect(space.room(for: .init(fixedByteCount: 70)) == .later)
        space.take("b")
        #expect(space.room(for: .init(fixedByteCount: 40)) == .later)
        space.giveBack("a")
        #expect(space.room(for: .init(fixedByteCount: 40)) == .here(evicting: ["a"], byteCount: 40))
    }

    @Test func whatCanNeverFitIsRefused() {
        #expect(space().room(for: .init(fixedByteCount: 101)) == .never)
        #expect(
            space().room(for: .init(fixedByteCount: 60, leastCacheByteCount: 41, cacheByteCount: 50)) == .never)
    }

    @Test func aCacheShrinksBeforeARequestWaits() {
        var space = space("a")
        space.take("a")
        let demand = ShelfSpace.Demand(fixedByteCount: 30, leastCacheByteCount: 10, cacheByteCount: 50)
        #expect(space.room(for: demand) == .here(evicting: [], byteCount: 60))
        #expect(self.space().room(for: demand) == .here(evicting: [], byteCount: 80))
    }
}
