/// The Levenshtein distance: the least number of elements to insert, remove or replace that makes `b` of `a`.
@inlinable package func editDistance<Element: Equatable>(_ a: [Element], _ b: [Element]) -> Int {
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count]
}
