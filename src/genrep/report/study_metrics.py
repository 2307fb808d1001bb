"""Which study a metric comes from: for reasons where it is missing, and for refusing names that nobody measures."""

import re

WALKS = "path_length|remoteness|detour|interpolation_cost"
STUDY_OF = {
    r"frechet_distance/(prior|improved|reconstructed)|encoded_(mean_sd|deviation)|aggregate_ks": "improved_sampling",
    r"forward_(correlation|sd)": "forward",
    r"embedding_(step|apart)": "embedding",
    r"recovery_(mae|mae_of_all_starts|relative)|seconds_per_image/recovery": "recovery",
    r"encode_decode_(mae|relative)|seconds_per_image/encode_decode": "encode_decode",
    r"denoised_(mae/t=(\d+)?|relative)": "noise_denoise",
    r"(nearest_training|nearest_training_of_unseen|copied_share|nearest_sample)/(pixels|features)": "neighbours",
    r"((worst_|furthest_)?remoteness|furthest_over_unseen|bad_share)|seconds_per_image/sampling": "neighbours",
    rf"({WALKS})/(spherical|linear)": "interpolation",
    r"(middle_(remoteness|sharpness)|jump)/(spherical|linear)|middle_loss": "opposite",
    rf"({WALKS})/(best|t=(\d+(/mixed before noising)?)?)": "diffusion_interpolation",
    r"inpainting_(ring|seam|hole|diversity|solutions|alike|differing)|seconds_per_image/inpainting": "inpainting",
    r"concept_(real_)?(strength|inside|outside|selectivity)|probe_accuracy": "concept",
    r"seconds_per_image/(encoded_)?concept": "concept",
    r"scribble_(strength|inside|outside|selectivity|remoteness|score)/(best|t=(\d+)?)": "scribble",
    r"scribble_probe_accuracy|seconds_per_image/scribble": "scribble",
    r"statements": "effort",
}


def study_of(metric: str) -> str | None:
    """The study that measures a metric, or a family of them that ends in ``t=``; None: nobody does."""
    return next((study for pattern, study in STUDY_OF.items() if re.fullmatch(pattern, metric)), None)
