package io.adapterworks;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNTHETIC;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds the layering that DESIGN describes: a package imports only packages above it. */
class ArchitectureTest {
  private static final String ROOT = "io.adapterworks.";

  /** Outermost first: a package may import only those before it. */
  private static final List<String> LAYERS =
      List.of(
          "error",
          "config",
          "table",
          "curate",
          "tensor",
          "tokenize",
          "engine",
          "model",
          "adapter",
          "pass",
          "train",
          "cluster",
          "evaluate",
          "registry",
          "serve",
          "drift",
          "erase",
          "roi",
          "pipeline",
          "bench");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.adapterworks");

  @Test
  void everyPackageHasItsPlaceInTheOrder() {
    TreeSet<String> unplaced =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith(ROOT))
            .map(name -> name.substring(ROOT.length()).split("\\.", 2)[0])
            .filter(name -> !LAYERS.contains(name) && !name.equals("jobs"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(), unplaced);
  }

  @Test
  void packagesImportOnlyPackagesAboveThem() {
    for (int i = 0; i < LAYERS.size(); i++) {
      String[] below =
          LAYERS.subList(i + 1, LAYERS.size()).stream()
              .map(name -> ROOT + name + "..")
              .toArray(String[]::new);
      if (below.length > 0) {
        noClasses()
            .that()
            .resideInAPackage(ROOT + LAYERS.get(i) + "..")
            .should()
            .dependOnClassesThat(are(resideInAnyPackage(below)))
            .allowEmptyShould(true)
            .check(CLASSES);
      }
    }
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.adapterworks.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void noPackageIsADumpingGround() {
    noClasses()
        .should()
        .resideInAnyPackage("..util..", "..utils..", "..helper..", "..helpers..", "..misc..")
        .check(CLASSES);
  }

  @Test
  void noFieldIsStaticAndMutable() {
    fields()
        .that()
        .areStatic()
        .and(
            new DescribedPredicate<JavaField>("are written in source") {
              @Override
              public boolean test(JavaField field) {
                return !field.getModifiers().contains(SYNTHETIC)
                    && !field.getName().startsWith("$");
              }
            })
        .should()
        .haveModifier(FINAL)
        .check(CLASSES);
  }
}
