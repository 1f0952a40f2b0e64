package io.adapterworks.curate.pii;

import static io.adapterworks.curate.pii.Patterns.anyCase;
import static io.adapterworks.curate.pii.Patterns.detector;
import static io.adapterworks.curate.pii.Patterns.where;

import java.util.List;
import java.util.regex.Pattern;

/** Addresses and keys of machines and networks. */
final class NetworkDetectors {
  private static final Pattern EMAIL =
      anyCase(
          "(?<![\\p{L}\\p{N}._%+-])[\\p{L}\\p{N}][\\p{L}\\p{N}._%+'-]{0,63}@"
              + "(?:[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?\\.)+\\p{L}{2,24}");

  private static final Pattern URL =
      anyCase(
          "(?<![\\p{L}\\p{N}@])(?:(?:https?|ftp)://|www\\.)[^\\s<>\"'“”]*[^\\s<>\"'“”.,;:!?)\\]}]");

  /** A host by itself, under endings that are no words and no extensions of files. */
  private static final Pattern HOST =
      anyCase(
          "(?<![\\p{L}\\p{N}@./_-])(?:[a-z0-9][a-z0-9-]{0,62}\\.){0,3}(?:[a-z0-9][a-z0-9-]{2,62}\\."
              + "(?:com|org|edu|gov|info|biz|co\\.uk|org\\.uk|ac\\.uk|gov\\.uk|co\\.za|co\\.nz|com\\.au"
              + "|com\\.br)|[a-z0-9][a-z0-9-]{3,62}\\.(?:net|de|fr|nl|pl|ch|cz|hu|eu|jp))"
              + "(?:/[^\\s<>\"'“”]*[^\\s<>\"'“”.,;:!?)\\]}])?(?![\\p{L}\\p{N}@_-]|\\.\\p{L})");

  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";

  private static final Pattern IP_4 =
      Pattern.compile("(?<![\\d.])(?:" + OCTET + "\\.){3}" + OCTET + "(?!\\d|\\.\\d)");

  private static final Pattern IP_6 =
      anyCase(
          "(?<![\\p{L}\\p{N}:.])(?=[0-9a-f]*:[0-9a-f]*:)[0-9a-f:]{3,39}(?<!(?<!:):)(?![\\p{L}\\p{N}:])");

  private static final Pattern IP_6_WHOLE = anyCase("(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}");

  private static final Pattern IP_6_SHORT =
      anyCase(
          "(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?");

  private static final Pattern MAC =
      anyCase(
          "(?<![\\p{L}\\p{N}:-])([0-9a-f]{2}([:-])(?:[0-9a-f]{2}\\2){4}[0-9a-f]{2})"
              + "(?![\\p{L}\\p{N}:-])");

  private static final Pattern KNOWN_KEY =
      Pattern.compile(
          "(?<![A-Za-z0-9])(?:sk-[A-Za-z0-9_-]{20,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"
              + "|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|glpat-[A-Za-z0-9_-]{20,}"
              + "|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35}"
              + "|eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,})");

  private static final Pattern NAMED_SECRET =
      anyCase(
          "\\b(?:password|passwort|passcode|pwd|pw|api[ _-]?key|access[ _-]?token|secret[ _-]?key"
              + "|auth[ _-]?token)\\b(?:\\s+is|\\s*[:=])\\s*[\"'“]?"
              + "((?=[^\\s\"'”]*\\d)(?=[^\\s\"'”]*\\p{L})[^\\s\"'”]{6,}[^\\s\"'”.,;:!?)])");

  private static final Pattern BITCOIN =
      Pattern.compile("(?<![A-Za-z0-9])[13][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])");

  private static final Pattern BECH32 =
      anyCase("(?<![a-z0-9])(?:bc1|tb1|ltc1)[02-9ac-hj-np-z]{20,80}(?![a-z0-9])");

  private static final Pattern ETHEREUM = anyCase("(?<![a-z0-9])0x[0-9a-f]{40}(?![a-z0-9])");

  private NetworkDetectors() {}

  static PiiDetector email() {
    return where(text -> text.indexOf('@') >= 0, detector(PiiType.EMAIL, EMAIL, any -> true));
  }

  /** Every link: what follows its host names a person or carries a key often enough. */
  static PiiDetector url() {
    return where(
        text -> text.indexOf('.') >= 0 || text.indexOf(':') >= 0,
        Patterns.all(
            List.of(
                detector(PiiType.URL, URL, any -> true),
                detector(PiiType.URL, HOST, any -> true))));
  }

  static PiiDetector ip() {
    return Patterns.all(
        List.of(
            where(text -> text.indexOf('.') >= 0, detector(PiiType.IP, IP_4, any -> true)),
            where(
                text -> text.indexOf(':') >= 0,
                detector(PiiType.IP, IP_6, NetworkDetectors::isIp6))));
  }

  static PiiDetector mac() {
    return where(
        text -> text.indexOf(':') >= 0 || text.indexOf('-') >= 0,
        detector(PiiType.MAC, MAC, any -> true));
  }

  /** Keys by their well-known forms, and what follows "password is" or "api key:". */
  static PiiDetector secret() {
    return Patterns.all(
        List.of(
            detector(PiiType.SECRET, KNOWN_KEY, any -> true),
            detector(PiiType.SECRET, NAMED_SECRET, any -> true)));
  }

  /** Bitcoin (Base58Check, Bech32) and Ethereum addresses. */
  static PiiDetector crypto() {
    return where(
        text -> text.length() >= 26,
        Patterns.all(
            List.of(
                detector(PiiType.CRYPTO, BITCOIN, Checksums::base58),
                detector(PiiType.CRYPTO, BECH32, any -> true),
                detector(PiiType.CRYPTO, ETHEREUM, any -> true))));
  }

  /** A time such as 12:30:45 has colons too, but neither eight groups nor a double colon. */
  private static boolean isIp6(String text) {
    return IP_6_WHOLE.matcher(text).matches()
        || (text.length() > 4 && IP_6_SHORT.matcher(text).matches());
  }
}
