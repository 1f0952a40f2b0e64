package io.adapterworks.jobs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Tells the version of the code that runs, as Maven wrote it down. */
final class CodeVersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"adapterworks " + version()};
  }

  static String version() {
    Properties properties = new Properties();
    try (InputStream in = CodeVersionProvider.class.getResourceAsStream("code.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read code.properties from the class path", e);
    }
    return properties.getProperty("version");
  }
}
