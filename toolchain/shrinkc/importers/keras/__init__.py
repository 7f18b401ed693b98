"""Model files of Keras 3 and tf_keras 2, without either: .keras, .h5 and SavedModel folders."""
