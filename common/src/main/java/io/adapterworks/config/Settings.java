package io.adapterworks.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValueFactory;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Lays the sources of configuration over each other and resolves them, once. */
public final class Settings {
  private static final String DEFAULTS = "reference.conf";

  /** What begins a comment in HOCON, and may stand in a path. */
  private static final Pattern COMMENT = Pattern.compile("//|#");

  /** How a value begins that is more than plain text: a list, a section, quoted, a reference. */
  private static final Pattern HOCON = Pattern.compile("[\\[{\"$]");

  private Settings() {}

  /**
   * The defaults, under the installation's file, under the use case, under the overrides.
   *
   * @param overrides {@code key=value} pairs, the last one wins
   * @throws AdapterworksException CONFIGURATION for a file that is missing or no HOCON
   */
  public static Config load(Path installation, Optional<Path> useCase, List<String> overrides) {
    Config merged = ConfigFactory.parseResources(Settings.class.getClassLoader(), DEFAULTS);
    merged = parse(installation).withFallback(merged);
    if (useCase.isPresent()) {
      merged = parse(useCase.get()).withFallback(merged);
    }
    for (String override : overrides) {
      merged = parseOverride(override).withFallback(merged);
    }
    try {
      return merged.resolve(ConfigResolveOptions.defaults().setUseSystemEnvironment(true));
    } catch (ConfigException e) {
      throw invalid("the configuration cannot be resolved: " + e.getMessage(), e);
    }
  }

  /** SHA-256 of the whole configuration, however its files were laid out; 64 hexadecimal digits. */
  public static String hash(Config config) {
    String canonical = config.root().render(com.typesafe.config.ConfigRenderOptions.concise());
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(canonical.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  private static Config parse(Path file) {
    Check.that(
        Files.isRegularFile(file),
        ErrorCode.CONFIGURATION,
        "%s is not a file; expected a HOCON configuration file there",
        file);
    try {
      return ConfigFactory.parseFile(file.toFile());
    } catch (ConfigException e) {
      throw invalid("not a HOCON file: " + e.getMessage(), e);
    }
  }

  private static Config parseOverride(String override) {
    Check.that(
        override.indexOf('=') > 0,
        ErrorCode.CONFIGURATION,
        "--set %s; expected KEY=VALUE, for example --set lora.rank=16",
        override);
    int end = override.indexOf('=') + 1;
    String value = override.substring(end).strip();
    try {
      if (COMMENT.matcher(value).find() && !HOCON.matcher(value).lookingAt()) {
        return ConfigFactory.empty()
            .withValue(
                override.substring(0, end - 1).strip(),
                ConfigValueFactory.fromAnyRef(value, "--set " + override));
      }
      return ConfigFactory.parseString(override, originated("--set " + override));
    } catch (ConfigException e) {
      throw invalid("--set " + override + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static com.typesafe.config.ConfigParseOptions originated(String description) {
    return com.typesafe.config.ConfigParseOptions.defaults().setOriginDescription(description);
  }

  private static AdapterworksException invalid(String message, ConfigException cause) {
    return new AdapterworksException(ErrorCode.CONFIGURATION, message, cause);
  }
}
