"""Scenes in Blender's Cycles: models, materials, light, camera, and the picture that comes out (linear, scene-referred)."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy  # first: it brings bmesh and mathutils along

# isort: split
import bmesh
import numpy as np
import OpenEXR
from mathutils import Matrix, Vector

from .catalogue import Model

BRIGHTEST = 0.82  # no albedo above: nothing that one can touch is whiter
DARKEST = 0.012
GLASS = 0.97  # how much of its strongest colour glass lets through
METALS = ("metal", "chrome", "steel", "alu", "inox", "silver", "gold", "brass")
# Makers' names in textures, painted over with the colour left above them: file -> left, top, right, bottom in shares of the picture.
NAMES_OF_MAKERS = {
    "reflex_camera_map.jpg": ((0.29, 0.52, 0.49, 0.61),),
    "reflex_camera_objective.jpg": ((0.70, 0.553, 0.80, 0.603),),
    "basic_camera_map.jpg": ((0.10, 0.22, 0.29, 0.31), (0.10, 0.40, 0.32, 0.47), (0.25, 0.91, 0.35, 0.965), (0.81, 0.72, 0.87, 0.94)),
    "kitchenaid_writing1.jpg": ((0.0, 0.0, 1.0, 1.0),),
    "etiq_botella.jpg": ((0.15, 0.04, 0.85, 0.82),),
}
Y_UP_TO_Z_UP = Matrix(((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))


@dataclass(frozen=True)
class Shot:
    """How a picture is taken. side: pixels of the square picture, or (width, height); samples a pixel."""

    side: int | tuple[int, int]
    samples: int
    bounces: int = 6


def begin(threads: int = 1) -> bpy.types.Scene:
    """An empty scene for Cycles on the processor, denoised, with a transparent film."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.use_denoising, cycles.denoiser, cycles.denoising_prefilter = True, "OPENIMAGEDENOISE", "FAST"
    cycles.use_adaptive_sampling = False
    cycles.transparent_max_bounces, cycles.sample_clamp_indirect = 16, 4
    cycles.caustics_reflective = cycles.caustics_refractive = False
    scene.render.film_transparent = cycles.film_transparent_glass = True
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_mode, scene.render.image_settings.color_depth = "RGBA", "16"
    scene.view_settings.view_transform = "Raw"
    return scene


def take(shot: Shot) -> np.ndarray:
    """Render the scene: (h, w, 4) float32, linear and premultiplied."""
    scene = bpy.context.scene
    width, height = (shot.side, shot.side) if isinstance(shot.side, int) else shot.side
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.cycles.samples, scene.cycles.max_bounces = shot.samples, shot.bounces
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.exr"
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        return read_exr(path)


def read_exr(path: Path) -> np.ndarray:
    """(h, w, 4) float32; alpha 1 where the file has none."""
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    planes = [np.asarray(channels[name].pixels, np.float32) for name in "RGB"]
    alpha = np.asarray(channels["A"].pixels, np.float32) if "A" in channels else np.ones_like(planes[0])
    return np.dstack([*planes, alpha])


# Light


def sky(strength: float, upper_half: bool = False) -> None:
    """A uniform white sky, around or only above the horizon."""
    world = bpy.data.worlds.new("sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    out, light = tree.nodes.new("ShaderNodeOutputWorld"), tree.nodes.new("ShaderNodeBackground")
    light.inputs["Color"].default_value = (strength, strength, strength, 1)
    tree.links.new(light.outputs["Background"], out.inputs["Surface"])
    if upper_half:
        where, apart, above = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "SeparateXYZ", "Math"))
        above.operation, above.inputs[1].default_value = "GREATER_THAN", 0
        tree.links.new(where.outputs["Generated"], apart.inputs[0])
        tree.links.new(apart.outputs["Z"], above.inputs[0])
        tree.links.new(above.outputs[0], light.inputs["Strength"])


def surroundings(path: Path, turn: float) -> None:
    """Light from an equirectangular picture, turned about the vertical by `turn` radians."""
    world = bpy.data.worlds.new("surroundings")
    bpy.context.scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    out, light, picture, mapping, where = (
        tree.nodes.new(f"ShaderNode{kind}") for kind in ("OutputWorld", "Background", "TexEnvironment", "Mapping", "TexCoord")
    )
    picture.image = bpy.data.images.load(str(path), check_existing=True)
    mapping.inputs["Rotation"].default_value[2] = turn
    tree.links.new(where.outputs["Generated"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], picture.inputs["Vector"])
    tree.links.new(picture.outputs["Color"], light.inputs["Color"])
    tree.links.new(light.outputs["Background"], out.inputs["Surface"])
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", 512


def sun(width: float) -> bpy.types.Object:
    """A sun of `width` degrees across that gives a facing white floor a radiance of 1; aim it with `aim`."""
    data = bpy.data.lights.new("sun", "SUN")
    data.angle, data.energy = math.radians(width), math.pi
    made = bpy.data.objects.new("sun", data)
    bpy.context.scene.collection.objects.link(made)
    return made


def aim(light: bpy.types.Object, direction: np.ndarray) -> None:
    """direction: (3,), from the scene towards the light."""
    light.rotation_euler = Vector(-direction).to_track_quat("-Z", "Y").to_euler()


# Things


def load(model: Model, size: float, turn: float = 0.0) -> list[bpy.types.Object]:
    """The model on the floor's origin, its longest side `size` units, turned about the vertical by `turn` radians."""
    before = set(bpy.data.objects)
    bpy.ops.wm.obj_import(filepath=str(model.path), forward_axis="NEGATIVE_Z", up_axis="Y")
    objects = [made for made in bpy.data.objects if made not in before and made.type == "MESH"]
    for logo in [made for made in objects if "logo" in made.name.lower()]:
        objects.remove(logo)
        bpy.data.objects.remove(logo)
    _paint_over_makers()
    _mend_materials(objects)
    for each in objects:
        _mend_faces(each.data)
    rotation = Matrix.Identity(4)
    if model.rotation:
        given = Matrix((model.rotation[0:3], model.rotation[3:6], model.rotation[6:9])).to_4x4()
        rotation = Y_UP_TO_Z_UP @ given @ Y_UP_TO_Z_UP.inverted()
    _move(objects, rotation)
    points = np.concatenate([corners(made) for made in objects])
    low, high = points.min(0), points.max(0)
    scale = np.array(model.size) / np.maximum(high - low, 1e-6) * (size / max(model.size))
    middle = Matrix.Translation(Vector((-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2])))
    _move(objects, Matrix.Rotation(turn, 4, "Z") @ Matrix.Diagonal((*scale, 1)) @ middle)
    return objects


def _move(objects: list[bpy.types.Object], matrix: Matrix) -> None:
    for made in objects:
        made.matrix_world = matrix @ made.matrix_world
    bpy.context.view_layer.update()


def corners(made: bpy.types.Object) -> np.ndarray:
    """(n, 3) vertices of an object in the world."""
    flat = np.empty(len(made.data.vertices) * 3, np.float32)
    made.data.vertices.foreach_get("co", flat)
    matrix = np.array(made.matrix_world)
    return flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def _mend_faces(mesh: bpy.types.Mesh) -> None:
    """Delete faces that lie on one another, and compute normals anew where those of the file point into the thing."""
    count = len(mesh.polygons)
    if count == 0:
        return
    centres = np.empty(count * 3, np.float32)
    mesh.polygons.foreach_get("center", centres)
    places = np.round(centres.reshape(-1, 3) / max(float(np.abs(centres).max()), 1e-9) * 50_000).astype(np.int64)
    first = np.unique(places, axis=0, return_index=True)[1]
    wrong = _points_inwards(mesh)
    if len(first) < count or wrong:
        shape = bmesh.new()
        shape.from_mesh(mesh)
        shape.faces.ensure_lookup_table()
        keep = np.zeros(count, bool)
        keep[first] = True
        bmesh.ops.delete(shape, geom=[face for face, kept in zip(shape.faces, keep, strict=True) if not kept], context="FACES_ONLY")
        if wrong:
            bmesh.ops.remove_doubles(shape, verts=shape.verts, dist=max(float(np.abs(centres).max()), 1e-9) * 1e-5)
            bmesh.ops.recalc_face_normals(shape, faces=shape.faces)
        shape.to_mesh(mesh)
        shape.free()
    if wrong:
        if "custom_normal" in mesh.attributes:
            mesh.attributes.remove(mesh.attributes["custom_normal"])
        mesh.shade_smooth()
        mesh.set_sharp_from_angle(angle=math.radians(50))


def _points_inwards(mesh: bpy.types.Mesh) -> bool:
    """Whether normals lie on the wrong side of their faces: those of the file, or means over faces that are wound either way."""
    corner, face = np.empty(len(mesh.loops) * 3, np.float32), np.empty(len(mesh.polygons) * 3, np.float32)
    mesh.corner_normals.foreach_get("vector", corner)
    mesh.polygons.foreach_get("normal", face)
    corners_of = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", corners_of)
    across = (corner.reshape(-1, 3) * np.repeat(face.reshape(-1, 3), corners_of, 0)).sum(1)
    return bool((across < 0).mean() > 0.02)


def _mend_materials(objects: list[bpy.types.Object]) -> None:
    """Make materials of old model files physical: albedo below one, no mirror-smooth plastic, metals and glass by their names."""
    for material in {slot.material for made in objects for slot in made.material_slots if slot.material and slot.material.use_nodes}:
        shader = next((node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED"), None)
        if shader is None:
            continue
        colour, alpha, rough, metallic = (shader.inputs[name] for name in ("Base Color", "Alpha", "Roughness", "Metallic"))
        name = material.name.lower()
        _without_missing_pictures(material.node_tree)
        if not colour.is_linked:
            colour.default_value = (*[max(linear(min(value, BRIGHTEST)), DARKEST) for value in colour.default_value[:3]], 1)
        if not rough.is_linked:
            rough.default_value = min(max(rough.default_value, 0.22), 0.85)
        if any(word in name for word in METALS) and not colour.is_linked:
            metallic.default_value, rough.default_value = 1.0, 0.28
            if max(colour.default_value[:3]) < 0.25:
                colour.default_value = (0.45, 0.45, 0.46, 1)
        if (not alpha.is_linked and alpha.default_value < 0.65) or ("glass" in name and not colour.is_linked and "sun" not in name):
            shader.inputs["Transmission Weight"].default_value, shader.inputs["IOR"].default_value = 1.0, 1.45
            alpha.default_value, rough.default_value = 1.0, 0.02
            tint = np.array(colour.default_value[:3]) ** 0.5  # model files give glass the colour of what is seen behind it
            colour.default_value = (*(tint / max(tint.max(), 0.05) * GLASS).clip(0.02, GLASS), 1)


def _paint_over_makers() -> None:
    for picture in bpy.data.images:
        for left, top, right, bottom in NAMES_OF_MAKERS.get(Path(picture.filepath).name, ()):
            width, height = picture.size
            pixels = np.empty(width * height * 4, np.float32)
            picture.pixels.foreach_get(pixels)
            rows = pixels.reshape(height, width, 4)[::-1]  # Blender's first row is the lowest
            y, x = int(top * height), int(left * width)
            rows[y : int(bottom * height), x : int(right * width)] = rows[max(y - 1, 0), x].copy()
            picture.pixels.foreach_set(pixels)
            picture.update()
            picture.pack()  # or the renderer reads the file


def _without_missing_pictures(tree: bpy.types.NodeTree) -> None:
    """Unplug pictures whose file is not there; Blender would show them pink. The material's own colour takes their place."""
    for link in list(tree.links):
        picture = getattr(link.from_node, "image", None)
        if link.from_node.type == "TEX_IMAGE" and (picture is None or picture.size[0] == 0):
            tree.links.remove(link)


def linear(value: float) -> float:
    """A display value of sRGB as linear light, both 0..1."""
    return ((value + 0.055) / 1.055) ** 2.4 if value > 0.04045 else value / 12.92


def floor(albedo: tuple[float, float, float], roughness: float = 1.0, texture: tuple[Path, float] | None = None) -> bpy.types.Object:
    """A large plane at height 0; texture: a picture and the length of its side, multiplied by the albedo."""
    bpy.ops.mesh.primitive_plane_add(size=80)
    plane = bpy.context.object
    material = bpy.data.materials.new("floor")
    material.use_nodes = True
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*albedo, 1)
    shader.inputs["Roughness"].default_value = roughness
    if roughness == 1.0:
        shader.inputs["Specular IOR Level"].default_value = 0
    if texture is not None:
        where, mapping, picture, tint = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "Mapping", "TexImage", "Mix"))
        picture.image = bpy.data.images.load(str(texture[0]))
        mapping.inputs["Scale"].default_value = (1 / texture[1], 1 / texture[1], 1)
        tint.data_type, tint.blend_type = "RGBA", "MULTIPLY"
        tint.inputs[0].default_value, tint.inputs[7].default_value = 1, (*albedo, 1)
        tree.links.new(where.outputs["Object"], mapping.inputs["Vector"])
        tree.links.new(mapping.outputs["Vector"], picture.inputs["Vector"])
        tree.links.new(picture.outputs["Color"], tint.inputs[6])
        tree.links.new(tint.outputs[2], shader.inputs["Base Color"])
    plane.data.materials.append(material)
    return plane


def camera(objects: list[bpy.types.Object], pitch: float, field: float = 34.0, margin: float = 1.06, shift: tuple[float, float] = (0, 0)) -> None:
    """Look at the objects from the front, `pitch` radians above the level; margin: frame over thing; shift: the aim moved, in things."""
    data = bpy.data.cameras.new("camera")
    made = bpy.data.objects.new("camera", data)
    scene = bpy.context.scene
    scene.collection.objects.link(made)
    scene.camera = made
    data.angle = math.radians(field)
    points = np.concatenate([corners(each) for each in objects])
    middle = (points.min(0) + points.max(0)) / 2
    back = np.array([0, -math.cos(pitch), math.sin(pitch)])
    right = np.array([1.0, 0, 0])
    up = np.cross(right, -back)
    reach = math.tan(math.radians(field) / 2) / margin
    offset = points - middle
    depth = -(offset @ back)
    distance = max(float((np.abs(offset @ axis) / reach - depth).max()) for axis in (right, up))
    extent = float(np.abs(offset).max())
    middle = middle + (right * shift[0] + up * shift[1]) * extent
    made.location = middle + back * distance
    made.rotation_euler = Vector(-back).to_track_quat("-Z", "Y").to_euler()
