package io.adapterworks.jobs;

import picocli.CommandLine.IVersionProvider;

/** Prints the version of the code for {@code --version}. */
final class CodeVersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {"adapterworks " + (version == null ? "development build" : version)};
  }
}
