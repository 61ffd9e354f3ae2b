/// A number of metadata, and a smaller type that holds most of those that come in long arrays.
public protocol MetadataNumber: Sendable, Equatable {
    associatedtype Narrow: Sendable
    init(_ narrow: Narrow)
    /// The same number in the smaller type, nil where that cannot hold it.
    var narrow: Narrow? { get }
}

extension Int64: MetadataNumber {
    @inlinable public var narrow: Int16? { Int16(exactly: self) }
}

extension Double: MetadataNumber {
    @inlinable public var narrow: Float? { Float(exactly: self) }
}

/// The numbers of a metadata array. A vocabulary has one or two for each token, so they are kept in the smaller type as
/// long as that holds them all. Other modules walk through them one by one, hence what is inlinable.
public struct NumberTable<Number: MetadataNumber>: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    @usableFromInline private(set) var narrow: [Number.Narrow] = []
    /// All numbers, once one of them asks for it; empty before.
    @usableFromInline private(set) var wide: [Number] = []

    public init() {}

    public init(_ numbers: some Sequence<Number>) {
        reserveCapacity(numbers.underestimatedCount)
        for number in numbers { append(number) }
    }

    public init(arrayLiteral elements: Number...) { self.init(elements) }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { wide.isEmpty ? narrow.count : wide.count }

    @inlinable public subscript(index: Int) -> Number { wide.isEmpty ? Number(narrow[index]) : wide[index] }

    mutating func reserveCapacity(_ count: Int) { narrow.reserveCapacity(count) }

    public mutating func append(_ number: Number) {
        if wide.isEmpty {
            if let number = number.narrow { return narrow.append(number) }
            wide.reserveCapacity(narrow.capacity)
            wide.append(contentsOf: narrow.lazy.map { Number($0) })
            narrow = []
        }
        wide.append(number)
    }
}

extension NumberTable: Equatable {
    public static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }
}
