import Testing
import TuttiCheckpoints

@Suite struct NumberTableTests {
    @Test func keepsEveryNumberWhereverTheFirstLargeOneComes() {
        for place in 0...3 {
            for large in [Int64.min, -32_769, 32_768, .max] {
                var numbers: [Int64] = [0, -32_768, 32_767]
                numbers.insert(large, at: place)
                let table = NumberTable(numbers)
                #expect(Array(table) == numbers && table.count == 4 && table[place] == large)
            }
            for large in [0.1, 1e300, -.pi] {
                var numbers = [0, -0.5, .infinity]
                numbers.insert(large, at: place)
                #expect(Array(NumberTable(numbers)) == numbers)
            }
        }
        #expect(NumberTable<Double>([.nan])[0].isNaN && NumberTable<Double>([-0.0])[0].sign == .minus)
    }

    @Test func equalsWhateverItIsKeptIn() {
        var widened: NumberTable<Int64> = [1, 2]
        #expect(widened == NumberTable([1, 2]) && widened != [1, 3] && widened != [1] && widened != [])
        widened.append(1 << 40)
        #expect(widened == [1, 2, 1 << 40] && NumberTable<Double>().isEmpty)
    }
}
