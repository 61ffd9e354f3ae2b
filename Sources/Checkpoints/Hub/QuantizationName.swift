/// The quantisation that a GGUF file's name tells, such as `Q4_K_M` or `UD-IQ2_XXS`.
enum QuantizationName {
    /// What is taken where nothing is said: small for what it can, then better, then smaller, then whole.
    static let preferred = [
        "Q4_K_M", "Q4_K_S", "Q5_K_M", "Q4_0", "Q8_0", "Q5_K_S", "Q6_K", "Q4_K_L", "Q5_K_L", "Q4_1", "Q5_0", "Q5_1",
        "IQ4_NL", "IQ4_XS", "MXFP4", "Q3_K_L", "Q3_K_M", "Q3_K_S", "F16", "BF16", "F32",
    ]

    /// The quantisation in a name without `.gguf`, in upper case; nil if there is none.
    static func find(in name: String) -> String? {
        // The last one counts: a model may be called after another.
        let matches = name.uppercased().matches(
            of:
                /(?:^|[-._ \/])((?:UD-)?(?:I?Q[1-8]_(?:K_X?[SML]+|K|X?X[SML]+|NL|[SM]|[01](?:_[48]_[48])?)|T?Q[12]_0|MXFP4(?:_MOE)?|BF16|FP?16|FP?32))(?=$|[-._ \/])/
        )
        guard let last = matches.last else { return nil }
        switch last.1 {
        case "FP16": return "F16"
        case "FP32": return "F32"
        default: return String(last.1)
        }
    }
}
