package io.adapterworks.bundle;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.MethodFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * The entry point of {@code bundle/run} on a machine that has a card and its driver and nothing
 * else: runs test classes by name and prints what failed.
 */
final class GpuBundle {
  private static final int SHOWN_FAILURES = 40;

  private GpuBundle() {}

  /**
   * {@code CLASS... [PATTERN...]}: of the classes, all tests, or those whose method matches one of
   * the patterns, regular expressions that begin with {@code .*}. Ends with 1 when a test fails.
   */
  public static void main(String[] arguments) {
    List<DiscoverySelector> classes =
        Arrays.stream(arguments)
            .filter(name -> !name.startsWith(".*"))
            .map(name -> (DiscoverySelector) selectClass(name))
            .toList();
    String[] patterns =
        Arrays.stream(arguments).filter(name -> name.startsWith(".*")).toArray(String[]::new);
    LauncherDiscoveryRequestBuilder builder =
        LauncherDiscoveryRequestBuilder.request().selectors(classes);
    if (patterns.length > 0) {
      builder.filters(MethodFilter.includeMethodNamePatterns(patterns));
    }
    LauncherDiscoveryRequest request = builder.build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    Launcher launcher = LauncherFactory.create();
    launcher.execute(request, listener);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    listener.getSummary().getFailures().stream()
        .limit(SHOWN_FAILURES)
        .forEach(
            failure ->
                out.println(
                    "FAILED "
                        + failure.getTestIdentifier().getLegacyReportingName()
                        + ": "
                        + failure.getException()));
    listener.getSummary().printTo(out);
    System.exit(listener.getSummary().getTotalFailureCount() == 0 ? 0 : 1);
  }
}
